"""The test project's addresses as a host has them: with Wagtail's API, a sitemap and a search."""

from django.http import HttpRequest, JsonResponse
from django.urls import path
from wagtail.api.v2.router import WagtailAPIRouter
from wagtail.api.v2.views import PagesAPIViewSet
from wagtail.contrib.sitemaps.views import sitemap
from wagtail.documents.api.v2.views import DocumentsAPIViewSet
from wagtail.images.api.v2.views import ImagesAPIViewSet
from wagtail.models import Page

from tests.urls import urlpatterns as usual

router = WagtailAPIRouter("wagtailapi")
router.register_endpoint("pages", PagesAPIViewSet)
router.register_endpoint("images", ImagesAPIViewSet)
router.register_endpoint("documents", DocumentsAPIViewSet)


def search(request: HttpRequest) -> JsonResponse:
    """A site's own search, as Wagtail's project template writes it, with ``public()``."""
    found = Page.objects.live().public().search(request.GET.get("q", ""))
    return JsonResponse({"found": [[page.title, page.url] for page in found]})


urlpatterns = [
    path("api/v2/", router.urls),
    path("sitemap.xml", sitemap),
    path("search/", search),
    *usual,
]
