"""Every route of the service."""

from app.api.routes import account, auth, jobs, oauth, posts, probes, users

BLUEPRINTS = (
    users.blueprint,
    auth.blueprint,
    account.blueprint,
    oauth.blueprint,
    posts.blueprint,
    jobs.blueprint,
    probes.blueprint,
)
