"""The admin as a developer meets it: beside the API, in development only."""

from __future__ import annotations

from tests.project import manage

DEVELOPMENT = {"APP_ENV": "development"}
VISIT = """
import re
import httpx
from app.api.wsgi import application
from app.users.models import User

User.objects.create_user("ada@app.test", "correct horse battery staple", name="Ada")
transport = httpx.WSGITransport(application)
with httpx.Client(transport=transport, base_url="http://api.test") as browser:
    page = browser.get("/admin/login/")
    assert page.status_code == 200, page.text
    assert browser.get("/static/admin/css/base.css").status_code == 200
    token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
    account = {"username": "ada@app.test", "password": "correct horse battery staple"}
    account |= {"csrfmiddlewaretoken": token, "next": "/admin/users/user/"}
    assert browser.post("/admin/login/", data=account).status_code == 302
    assert "ada@app.test" in browser.get("/admin/users/user/").text
    assert browser.get("/admin/posts/post/add/").status_code == 200
    unknown = browser.post("/v1/nope", json={})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found"), unknown.text
    assert browser.get("/v1/docs").status_code == 200
print("done")
"""


def test_who_has_an_account_signs_in(empty_database: str) -> None:
    migrated = manage("migrate", database=empty_database, **DEVELOPMENT)
    assert migrated.returncode == 0, migrated.stdout

    words = "shell", "--verbosity", "0", "--command", VISIT
    visited = manage(*words, database=empty_database, **DEVELOPMENT)

    assert visited.stdout.strip().endswith("done"), visited.stdout + visited.stderr
