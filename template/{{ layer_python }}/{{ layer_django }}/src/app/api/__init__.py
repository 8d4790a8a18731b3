"""The HTTP side of the service, in Django with django-ninja."""
