from django.conf import settings
from django.conf.urls.static import static
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from django.views.generic import TemplateView
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.api.v2.router import WagtailAPIRouter
from wagtail.contrib.sitemaps.views import sitemap
from wagtail.documents import urls as wagtaildocs_urls

from pumbaphoto_wagtail import api

router = WagtailAPIRouter("wagtailapi")
api.register(router)

urlpatterns = [
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    # Before Wagtail's own, which catch everything that is left.
    path("galleries/", include("pumbaphoto_wagtail.urls")),
    path("api/v2/", router.urls),
    # For members: visitors with an account, and without any room in the admin.
    path("sign-in/", LoginView.as_view(template_name="studio/sign_in.html"), name="sign_in"),
    path("sign-out/", LogoutView.as_view(next_page="/"), name="sign_out"),
    path("sitemap.xml", sitemap),
    path("robots.txt", TemplateView.as_view(template_name="robots.txt", content_type="text/plain")),
    # Serves the studio's own pictures while DEBUG is on; client photographs never go this way.
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
    path("", include(wagtail_urls)),
]
