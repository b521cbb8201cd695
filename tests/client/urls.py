"""The test project's addresses as a host has them: with Wagtail's API, a sitemap and a search."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import Context, Template
from django.urls import path
from wagtail.api.v2.router import WagtailAPIRouter
from wagtail.api.v2.views import PagesAPIViewSet
from wagtail.contrib.sitemaps.views import sitemap
from wagtail.documents.api.v2.views import DocumentsAPIViewSet
from wagtail.images.api.v2.views import ImagesAPIViewSet
from wagtail.models import Page

from pumbaphoto_wagtail.blocks import GalleryBlock
from pumbaphoto_wagtail.models import Gallery
from tests.urls import urlpatterns as usual

router = WagtailAPIRouter("wagtailapi")
router.register_endpoint("pages", PagesAPIViewSet)
router.register_endpoint("images", ImagesAPIViewSet)
router.register_endpoint("documents", DocumentsAPIViewSet)


def search(request: HttpRequest) -> JsonResponse:
    """A site's own search, as Wagtail's project template writes it, with ``public()``."""
    found = Page.objects.live().public().search(request.GET.get("q", ""))
    return JsonResponse({"found": [[page.title, page.url] for page in found]})


def wall(request: HttpRequest, gallery_uuid: UUID) -> HttpResponse:
    """A page of the host that shows a gallery by the tag and, below the rule, by the block."""
    gallery = Gallery.objects.get(uuid=gallery_uuid)
    context = {"request": request, "gallery": gallery}
    block = GalleryBlock()
    value = block.to_python({"gallery": gallery.pk, "heading": gallery.title, "amount": 5})
    shown = block.render(value, context=context)
    return HttpResponse(f"{TAG.render(Context(context))}<hr>{shown}")


TAG = Template(
    "{% load pumbaphoto_tags %}{% gallery_tiles gallery 5 as tiles %}"
    "{% for tile in tiles %}{{ tile.pictures.grid.url }}{% endfor %}"
)

urlpatterns = [
    path("walls/<uuid:gallery_uuid>/", wall),
    path("api/v2/", router.urls),
    path("sitemap.xml", sitemap),
    path("search/", search),
    *usual,
]
