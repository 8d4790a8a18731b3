"""A WSGI application behind an asynchronous client: each request in a thread, as in a server."""

from __future__ import annotations

import asyncio
from wsgiref.types import WSGIApplication

import httpx


class ThreadTransport(httpx.AsyncBaseTransport):
    def __init__(self, app: WSGIApplication) -> None:
        self._transport = httpx.WSGITransport(app, raise_app_exceptions=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return await asyncio.to_thread(self._send, request)

    def _send(self, request: httpx.Request) -> httpx.Response:
        response = self._transport.handle_request(request)
        content = httpx.ByteStream(response.read())
        return httpx.Response(response.status_code, headers=response.headers, stream=content)
