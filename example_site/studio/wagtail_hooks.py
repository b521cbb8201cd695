from django.templatetags.static import static
from django.utils.html import format_html
from wagtail import hooks


@hooks.register("insert_global_admin_js")
def start_date_fields() -> str:
    """What stands in our own templates for Wagtail's date fields, which have no inline script."""
    return format_html('<script src="{}"></script>', static("studio/dates.js"))
