"""Every route of the service."""

from app.api.routes import account, auth, jobs, posts, probes, users

BLUEPRINTS = (
    users.blueprint,
    auth.blueprint,
    account.blueprint,
    posts.blueprint,
    jobs.blueprint,
    probes.blueprint,
)
