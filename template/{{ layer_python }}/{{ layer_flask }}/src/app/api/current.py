"""What route functions ask for while a request is being answered."""

from __future__ import annotations

from uuid import UUID

from flask import current_app, request

from app.config import Settings
from app.errors import Unauthenticated, Unavailable
from app.exchange import Exchange
from app.services import Services
from app.wsgi.exchange import exchange_of


def services() -> Services:
    known: Services = current_app.extensions["services"]
    return known


def settings() -> Settings:
    known: Settings = current_app.extensions["settings"]
    return known


def exchange() -> Exchange:
    return exchange_of(request.environ)


def user_id() -> UUID:
    """Who is calling. Raises Unauthenticated, or Unavailable if nobody can tell."""
    known = exchange()
    if known.user_id is None:
        raise Unavailable if known.identity_unknown else Unauthenticated
    return known.user_id
