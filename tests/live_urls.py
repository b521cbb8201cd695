"""The example studio's addresses, with the static files that a web server would answer for."""

from django.contrib.staticfiles.views import serve
from django.urls import re_path
from example_site.urls import urlpatterns as studio_urls

urlpatterns = [
    re_path(r"^static/(?P<path>.*)$", serve, {"insecure": True}),
    *studio_urls,
]
