"""Django's settings, from the service's own (`app.config`), which come from the environment."""

from __future__ import annotations

import secrets
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from app.config import load_settings_or_exit
from app.parts import APPS

_service = load_settings_or_exit()

# The admin and its pages are for development; production serves the API and nothing else.
DEBUG = _service.app_env == "development"
ADMIN_APPS = (
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
)
ADMIN_MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
)

INSTALLED_APPS = [*(ADMIN_APPS if DEBUG else ()), *APPS]
MIDDLEWARE = [*(ADMIN_MIDDLEWARE if DEBUG else ()), "app.api.middleware.one_shape_of_errors"]
ROOT_URLCONF = "app.urls"
WSGI_APPLICATION = "app.api.wsgi.application"
APPEND_SLASH = False

# Only the admin signs anything with it, and only until the process ends.
SECRET_KEY = secrets.token_urlsafe(48)
# No answer depends on Host: links are built from PUBLIC_APP_URL, and Location is a path.
ALLOWED_HOSTS = ["*"]
# Bodies are counted before they get here, by `app.wsgi.body`.
DATA_UPLOAD_MAX_MEMORY_SIZE = None
# A fault nobody foresaw is logged and answered by the outermost layer, which knows the request.
DEBUG_PROPAGATE_EXCEPTIONS = True
LOGGING_CONFIG = None

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
STATIC_URL = "/static/"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

AUTH_USER_MODEL = "users.User"
PASSWORD_HASHERS = ["app.users.hashers.Argon2id"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# For `manage.py`, the admin and models; requests and jobs have pools of their own, which end what
# hangs. CONN_MAX_AGE is 0: nothing stays open beside those pools.
_conninfo = conninfo_to_dict(_service.database_url)
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _conninfo.pop("dbname", ""),
        "USER": _conninfo.pop("user", ""),
        "PASSWORD": _conninfo.pop("password", ""),
        "HOST": _conninfo.pop("host", ""),
        "PORT": _conninfo.pop("port", ""),
        "OPTIONS": {
            "connect_timeout": 5,
            "application_name": _service.service_name,
            **_conninfo,
        },
    }
}

# What `check --deploy` looks for is done around Django, for every answer alike.
SILENCED_SYSTEM_CHECKS = [
    "security.W001",  # SecurityMiddleware: app.security.headers sends its headers
    "security.W002",  # X-Frame-Options: frame-ancestors in the Content-Security-Policy
    "security.W003",  # CsrfViewMiddleware: app.wsgi.csrf, by where a request comes from
]
