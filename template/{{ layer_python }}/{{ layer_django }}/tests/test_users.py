"""Users as Django sees them are the API's users."""

from __future__ import annotations

from tests.project import manage

PASSWORD = "correct horse battery staple"
SAVE = f"""
from app.users.models import User
from app.security.passwords import verify_password
user = User.objects.create_user("Ada@app.test", "{PASSWORD}", name="Ada")
user.refresh_from_db()
assert user.email == "ada@app.test" and user.check_password("{PASSWORD}")
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT password_hash FROM users")
    stored = cursor.fetchone()[0]
assert stored.startswith("$argon2id$"), stored
assert verify_password(stored, "{PASSWORD}")
assert not verify_password(stored, "another one")
print("done")
"""


def test_a_password_set_by_django_is_one_for_the_api(database_url: str) -> None:
    saved = manage("shell", "--verbosity", "0", "--command", SAVE, database=database_url)

    assert saved.stdout.strip().endswith("done"), saved.stderr
