"""Every route of the service, in the order in which they are matched."""

from app.api.routes import account, auth, jobs, posts, probes, users

ROUTERS = (users.router, auth.router, account.router, posts.router, jobs.router, probes.router)
