from django import template
from django.db.models import QuerySet
from django.http import HttpRequest
from wagtail.models import Page, Site

register = template.Library()


@register.simple_tag(takes_context=True)
def main_menu(context: template.Context) -> QuerySet[Page]:
    """The pages of the studio's menu, as far as everyone may see them."""
    request: HttpRequest | None = context.get("request")
    site = Site.find_for_request(request) if request else None
    if site is None:
        return Page.objects.none()
    return site.root_page.get_children().live().public().in_menu()
