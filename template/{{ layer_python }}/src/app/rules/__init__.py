"""What the service decides, with nothing to wait for; the services ask these and do the rest."""
