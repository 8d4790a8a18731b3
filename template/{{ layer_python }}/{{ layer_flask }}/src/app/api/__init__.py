"""The HTTP side of the service, in Flask; `flask --app app.api` finds its factory here."""

from app.api.app import create_app

__all__ = ["create_app"]
