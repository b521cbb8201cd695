"""A read API of galleries, photographs and films, in Wagtail's API v2.

::

    router = WagtailAPIRouter("wagtailapi")
    api.register(router)
    urlpatterns = [path("api/v2/", router.urls), ...]

The resolver decides for each request; nothing can be written. See docs/api.md.
"""

from __future__ import annotations

from wagtail.api.v2.router import WagtailAPIRouter


def register(router: WagtailAPIRouter) -> None:
    """Add the endpoints to a site's router, beside its own."""
    # A site that has no API does not load what one is made of.
    from .galleries import GalleriesEndpoint
    from .photos import PhotosEndpoint
    from .videos import VideosEndpoint

    for endpoint in (GalleriesEndpoint, PhotosEndpoint, VideosEndpoint):
        router.register_endpoint(endpoint.name, endpoint)
