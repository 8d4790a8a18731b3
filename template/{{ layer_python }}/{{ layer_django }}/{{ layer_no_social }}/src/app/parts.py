"""The parts of the service: Django apps, and where the routers of their APIs are mounted."""

APPS = (
    "app.core",
    "app.users",
    "app.signin",
    "app.posts",
    "app.jobs",
)
# Below /v1.
ROUTERS = (
    ("/users", "app.users.api.router"),
    ("/auth", "app.signin.api.router"),
    ("/auth", "app.users.account.router"),
    ("/posts", "app.posts.api.router"),
    ("", "app.jobs.api.router"),
)
