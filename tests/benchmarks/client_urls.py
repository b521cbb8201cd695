"""The live site's addresses, and beside them a view that does nothing, behind the same middleware:
what a request costs before anybody is asked for anything.
"""

from django.http import HttpResponse
from django.urls import path

from tests.live_urls import urlpatterns as live_urls

urlpatterns = [path("nothing/", lambda request: HttpResponse(status=204)), *live_urls]
