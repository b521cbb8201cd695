"""The addresses of the package; a site includes them before Wagtail's own."""

app_name = "pumbaphoto_wagtail"
urlpatterns: list = []
