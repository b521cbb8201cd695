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
    # They hang below the front page, so that a restriction can only be their own; "public()" would
    # ask for those of the whole site first.
    return site.root_page.get_children().live().in_menu().filter(view_restrictions=None)
