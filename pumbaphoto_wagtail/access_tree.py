"""What the tree of pages says of who may look: a part of ``access``, which everybody asks.

A page is covered by the policies of the index pages from itself upwards; of those that decide, the
nearest has the last word. Wagtail's page restrictions narrow this. Everything is read when it is
asked, so that a page that was moved is judged by where it stands now.

Each rule stands here for one page and, named ``..._q``, for the pages of a query, to which
``prefix`` leads ("main_page__"; "" for pages themselves).
"""

from __future__ import annotations

from django.db.models import Model, Q, QuerySet
from wagtail.models import Page, get_page_models
from wagtail.permission_policies.pages import PagePermissionPolicy

from .models import base_page_model
from .viewers import Viewer

# Who may do one of these with a page sees it, whatever its policy says.
PAGE_WORK = frozenset({"add", "change", "publish"})


def passes_restrictions(viewer: Viewer, page: Page) -> bool:
    """Whether Wagtail's restrictions on the way to a page let this viewer through."""
    return not any(page.path.startswith(path) for path in viewer.closed_paths)


def passes_restrictions_q(viewer: Viewer, prefix: str) -> Q:
    passes = Q()
    for path in viewer.closed_paths:
        passes &= ~Q(**{f"{prefix}path__startswith": path})
    return passes


def lets_in(viewer: Viewer, page: Page | None, *, undecided: bool) -> bool:
    """What the nearest policy from a page upwards says; ``undecided`` where none does."""
    covering = (policy for policy in viewer.page_policies if policy.covers(page))
    return next((policy.lets_in for policy in covering), undecided)


def lets_in_q(viewer: Viewer, prefix: str, *, undecided: bool) -> Q:
    # From the outermost policy inwards, so that the nearest one has the last word. An empty Q is
    # no start for everything: "or" forgets it.
    allowed = ~Q(pk__in=[]) if undecided else Q(pk__in=[])
    for policy in reversed(viewer.page_policies):
        under = Q(**{f"{prefix}path__startswith": policy.path})
        allowed = (allowed | under) if policy.lets_in else (allowed & ~under)
    return allowed


def is_quiet(viewer: Viewer, page: Page | None, on: Page | None) -> bool:
    """Whether a page's address is a secret from this viewer: an index page on the way to it is for
    whoever knows the address. It is none to whom the page itself, or an index page nearer to it,
    names as a member, nor on a page ``on`` below that index page, where one knows it already.
    """
    for policy in viewer.page_policies:
        if not policy.covers(page):
            continue
        if policy.names:
            return False
        if policy.is_unlisted and not policy.covers(on):
            return True
    return False


def is_quiet_q(viewer: Viewer, prefix: str, on: Page | None) -> Q:
    quiet = Q(pk__in=[])
    for policy in reversed(viewer.page_policies):
        under = Q(**{f"{prefix}path__startswith": policy.path})
        if policy.names:
            quiet &= ~under
        elif policy.is_unlisted and not policy.covers(on):
            quiet |= under
    return quiet


def may_see_index(viewer: Viewer, page: Page) -> bool:
    """Whether this viewer may see a page that presents no gallery: where no index page decides,
    whoever passes Wagtail's restrictions.
    """
    if not page.live or not passes_restrictions(viewer, page):
        return False
    return lets_in(viewer, page, undecided=True) or works_on(viewer, page)


def works_on(viewer: Viewer, page: Page) -> bool:
    policy = PagePermissionPolicy()
    return viewer.is_known and policy.user_has_any_permission_for_instance(
        viewer.user, PAGE_WORK, page
    )


def may_be_named_q(viewer: Viewer, on: Page | None) -> Q:
    """The pages that present no gallery, and that the page ``on`` may name to this viewer."""
    may_see = passes_restrictions_q(viewer, "") & lets_in_q(viewer, "", undecided=True)
    return may_see & ~is_quiet_q(viewer, "", on)


def listed_pages(viewer: Viewer, index: Page) -> QuerySet[Page]:
    """The index pages below ``index`` that it may name to this viewer, at any depth."""
    below = base_page_model().objects.descendant_of(index).type(*index_models())
    named = may_be_named_q(viewer, index)
    if viewer.is_known:
        # A queryset of pages may have been joined from several; compared by key, it is one again.
        own = PagePermissionPolicy().instances_user_has_any_permission_for(viewer.user, PAGE_WORK)
        named |= passes_restrictions_q(viewer, "") & Q(pk__in=own.values("pk"))
    return below.live().filter(named)


def index_models() -> list[type[Model]]:
    """The page types that galleries are put under."""
    return [model for model in get_page_models() if getattr(model, "holds_galleries", False)]
