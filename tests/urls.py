from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.api.v2.router import WagtailAPIRouter

from pumbaphoto_wagtail import api

router = WagtailAPIRouter("pumbaphoto_api")
api.register(router)

urlpatterns = [
    path("admin/", include(wagtailadmin_urls)),
    path("galleries/", include("pumbaphoto_wagtail.urls")),
    path("api/v2/", router.urls),
    path("", include(wagtail_urls)),
]
