"""Every path of the service."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, path, re_path

from app.api import probes
from app.api.api import api
from app.api.errors import nothing_here

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", api.urls),
    path("healthz", probes.live),
    path("readyz", probes.ready),
]

if settings.DEBUG:
    from django.contrib import admin
    from django.contrib.staticfiles.urls import staticfiles_urlpatterns

    urlpatterns += [path("admin/", admin.site.urls), *staticfiles_urlpatterns()]

# Last, so that also in development an unknown path is answered as JSON.
urlpatterns += [re_path("", nothing_here)]
