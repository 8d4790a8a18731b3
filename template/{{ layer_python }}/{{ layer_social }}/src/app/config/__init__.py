"""The service's configuration: environment variables, validated once at start."""

from app.config.auth import AuthSettings
from app.config.jobs import JobSettings
from app.config.loading import ConfigError, load, load_or_exit
from app.config.social import SocialSettings

__all__ = ["ConfigError", "Settings", "load_settings", "load_settings_or_exit"]


class Settings(AuthSettings, SocialSettings, JobSettings):
    """Every setting of the service, for api, worker and migrations alike."""


def load_settings() -> Settings:
    """Settings from the environment; raises ConfigError with every faulty variable."""
    return load(Settings)


def load_settings_or_exit() -> Settings:
    """Settings from the environment, or one log line per faulty variable and exit code 78."""
    return load_or_exit(Settings)
