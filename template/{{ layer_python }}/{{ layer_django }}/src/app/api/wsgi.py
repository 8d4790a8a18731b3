"""The application where Django's own tools look for it, such as `manage.py runserver`."""

from app.api.app import build
from app.config import load_settings_or_exit

application = build(load_settings_or_exit())
