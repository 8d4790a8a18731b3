"""`build`: the whole service from its settings; nothing connects or listens before it starts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI

from app.api.error_handlers import add_error_handlers
from app.api.middleware import add_middleware
from app.api.routes import ROUTERS
from app.config import Settings
from app.security.passwords import policy
from app.services import build_services


def _lifespan_of(router: APIRouter, app: FastAPI) -> AbstractAsyncContextManager[Any]:
    """A router without a lifespan of its own has one that yields None."""
    return router.lifespan_context(app)


def build(settings: Settings) -> FastAPI:
    """The ASGI application. Its lifespan opens and closes the connections."""
    services = build_services(settings)
    policy.min_length = settings.password_min_length

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        await services.open()
        state: dict[str, Any] = {}
        async with AsyncExitStack() as stack:
            for router in ROUTERS:
                own: Any = await stack.enter_async_context(_lifespan_of(router, app))
                state |= own or {}
            yield state
        await services.close()

    docs = not settings.production
    app = FastAPI(
        title=settings.service_name,
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url="/docs" if docs else None,
        redoc_url=None,
        openapi_url="/openapi.json" if docs else None,
    )
    app.state.services = services
    app.state.settings = settings
    # Not include_router: it wraps each router, and every request would pay for the wrapping.
    routes = [route for router in ROUTERS for route in router.routes]
    app.router.routes.extend(routes)
    app.state.routes = routes
    add_error_handlers(app)
    add_middleware(app, settings, services)
    return app
