"""Every route of the service, in the order in which they are matched."""

from app.api.routes import account, auth, jobs, oauth, posts, probes, users

ROUTERS = (
    users.router,
    auth.router,
    account.router,
    oauth.router,
    posts.router,
    jobs.router,
    probes.router,
)
