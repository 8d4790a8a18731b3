"""The HTTP side of the service, in Flask."""
