"""Users, and the tokens that are mailed to them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models.functions import Now

from app.core.fields import PasswordHash, Timestamp
from app.ids import uuid7


class UserManager(BaseUserManager["User"]):
    """What `manage.py createsuperuser` asks for; the API signs up in `app.services.accounts`."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        user = self.model(email=email.lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> User:
        return self.create_user(email, password, **extra)


class User(AbstractBaseUser):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.TextField(unique=True, validators=[MaxLengthValidator(254)])
    name = models.TextField(validators=[MaxLengthValidator(100)])
    password = PasswordHash(db_column="password_hash", null=True, blank=True)
    email_verified_at = Timestamp(null=True, blank=True)
    # One more revokes every access token at once.
    token_version = models.IntegerField(default=1, db_default=1)
    created_at = Timestamp(db_default=Now(), editable=False)
    updated_at = Timestamp(db_default=Now(), editable=False)

    # Nobody asks when somebody last signed in.
    last_login = None
    # There are no roles. The admin is there in development only, for whoever has an account.
    is_active = True
    is_staff: bool = settings.DEBUG
    is_superuser: bool = settings.DEBUG

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]  # noqa: RUF012

    objects = UserManager()

    class Meta:
        db_table = "users"

    def __str__(self) -> str:
        return str(self.email)

    def has_perm(self, _permission: str, _object: Any = None) -> bool:
        return self.is_superuser

    def has_module_perms(self, _app_label: str) -> bool:
        return self.is_superuser


class EmailToken(models.Model):
    """Only the token's SHA-256 is kept."""

    token_hash = models.BinaryField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, db_index=False)
    purpose = models.TextField()
    expires_at = Timestamp()

    class Meta:
        db_table = "email_tokens"
        indexes = (
            models.Index(fields=["user", "purpose"], name="email_tokens_user_idx"),
            models.Index(fields=["expires_at"], name="email_tokens_expires_idx"),
        )

    def __str__(self) -> str:
        return f"{self.purpose} of {self.user_id}"
