"""`make bench`: what roadbed and its output cost, side by side with bare programs."""
