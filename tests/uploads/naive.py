"""Uploads as Django's own tutorial takes them: a form of several parts, saved by a storage.

What ``test_nginx`` compares with; nginx stands before it as it comes, without a line about bodies.
"""

import os

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="naive",
        FILE_UPLOAD_TEMP_DIR=os.environ["NAIVE_DIR"],
    )


@csrf_exempt
def upload(request: HttpRequest) -> HttpResponse:
    file = request.FILES["file"]
    FileSystemStorage(location=os.path.join(os.environ["NAIVE_DIR"], "stored")).save(
        file.name, file
    )
    return HttpResponse(status=201)


urlpatterns = [path("naive/", upload)]
application = get_wsgi_application()
