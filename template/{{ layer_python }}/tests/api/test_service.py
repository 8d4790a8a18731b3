"""What holds for every request."""

from __future__ import annotations

from tests.api.accounts import Client, Connect, log_in, new_email
from tests.conftest import MakeSettings


async def test_the_probes_answer(client: Client) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    ready = await client.get("/readyz")
    assert ready.json() == {"status": "ok", "checks": {"postgres": "ok", "redis": "ok"}}


async def test_errors_have_one_shape_and_name_the_request(client: Client) -> None:
    response = await client.get("/v1/nope", headers={"X-Request-Id": "my-request-1"})

    assert response.status_code == 404
    assert response.json() == {
        "error": "Not Found",
        "message": response.json()["message"],
        "code": "not_found",
        "request_id": "my-request-1",
    }


async def test_a_wrong_method_is_told_the_right_ones(client: Client) -> None:
    response = await client.put("/v1/posts")

    assert response.status_code == 405
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))


async def test_another_site_may_not_act_for_a_browser(client: Client) -> None:
    response = await client.post("/v1/auth/logout", headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 403
    assert response.json()["code"] == "csrf_rejected"


async def test_failed_logins_are_limited_and_say_when_to_come_back(
    make_settings: MakeSettings, connect: Connect
) -> None:
    email = new_email()
    async with connect(make_settings(rate_limit_login="2/60")) as client:
        statuses = [(await log_in(client, email)).status_code for _ in range(2)]
        limited = await log_in(client, email)

    assert statuses == [401, 401]
    assert limited.status_code == 429
    assert 1 <= int(limited.headers["Retry-After"]) <= 60


async def test_without_redis_the_service_works_on(
    make_settings: MakeSettings, connect: Connect
) -> None:
    async with connect(make_settings(redis_url="redis://127.0.0.1:1/0")) as client:
        assert (await client.get("/readyz")).json()["status"] == "degraded"
        assert (await client.get("/v1/posts")).status_code == 200


async def test_a_body_over_the_limit_is_refused(
    make_settings: MakeSettings, connect: Connect
) -> None:
    async with connect(make_settings(max_body_bytes=100)) as client:
        response = await client.post("/v1/users", json={"name": "x" * 200})

    assert response.status_code == 413
