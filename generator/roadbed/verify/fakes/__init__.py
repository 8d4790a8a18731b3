"""Servers the suite owns: what a service talks to, played over real sockets."""
