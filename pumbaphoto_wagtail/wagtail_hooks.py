"""Registers what the rooms offer; nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from django.http import HttpResponse
from wagtail import hooks
from wagtail.admin.admin_url_finder import register_admin_url_finder
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.widgets.button import Button, ListingButton
from wagtail.snippets.models import register_snippet

from . import permissions
from .admin import (
    collections,
    gallery_pages,
    home,
    log_actions,
    panels,
    people,
    reports,
    sites,
    studio_settings,
)
from .admin.addresses import GalleryURLFinder
from .admin.clients import ClientViewSet, DeleteClientsBulkAction
from .admin.cover_chooser import cover_chooser
from .admin.gallery_bulk_acts import (
    DeleteGalleriesBulkAction,
    SetVisibilityBulkAction,
    UnsetVisibilityBulkAction,
)
from .admin.gallery_chooser import gallery_chooser
from .admin.gallery_pages import add_userbar_item, keep_main_page
from .admin.group_permissions import (
    GroupGalleryPermissionFormSet,
    GroupLibraryPermissionFormSet,
)
from .admin.libraries import DeleteLibrariesBulkAction, LibraryViewSet
from .admin.link_bulk_acts import (
    ExtendLinksBulkAction,
    KeepLinksAndSelections,
    RevokeLinksBulkAction,
)
from .admin.link_snippet import ShareLinkViewSet
from .admin.mail_templates import (
    DeleteMailTemplatesBulkAction,
    MailTemplateViewSet,
    SendTestMenuItem,
)
from .admin.menu import GalleriesGroup
from .admin.operations import UploadAdmin, UploadBatchAdmin
from .admin.outbox import MessageAdmin
from .admin.page_explorer import GalleryPageViewSet
from .admin.photo_log import FileAdmin
from .admin.quarantine import QuarantineAdmin, add_alarm_panel
from .admin.selection_snippet import ExportSelectionsBulkAction, SelectionViewSet
from .admin.watermark_presets import (
    DeleteWatermarkPresetsBulkAction,
    WatermarkPresetViewSet,
)
from .models import Gallery
from .proofing.pages import let_holders_through

permissions.register()
register_snippet(ClientViewSet)
register_snippet(ShareLinkViewSet)
register_snippet(SelectionViewSet)
register_snippet(WatermarkPresetViewSet)
register_snippet(MailTemplateViewSet)
register_snippet(LibraryViewSet)
studio_settings.register()
sites.register()
register_admin_url_finder(Gallery, GalleryURLFinder)

OPERATIONAL_LOG = (UploadBatchAdmin, UploadAdmin, FileAdmin, QuarantineAdmin, MessageAdmin)
for place, record_admin in enumerate(OPERATIONAL_LOG):
    room = record_admin()
    room.register_with_wagtail()
    hooks.register("register_pumbaphoto_submenu", partial(room.get_menu_item, order=300 + place))


@hooks.register("register_admin_viewset")
def register_galleries() -> GalleriesGroup:
    return GalleriesGroup()


@hooks.register("register_admin_viewset")
def register_choosers() -> list[ViewSet]:
    return [gallery_chooser, cover_chooser, GalleryPageViewSet()]


hooks.register("register_admin_urls", reports.admin_urls)
for report_item in reports.menu_items():
    hooks.register("register_reports_menu_item", report_item)


@hooks.register("register_icons")
def register_icons(icons: list[str]) -> list[str]:
    return [
        *icons,
        "pumbaphoto_wagtail/icons/gallery.svg",
        "pumbaphoto_wagtail/icons/heart.svg",
        "pumbaphoto_wagtail/icons/turn_left.svg",
        "pumbaphoto_wagtail/icons/turn_right.svg",
    ]


@hooks.register("register_snippet_action_menu_item")
def register_test_of_words(model) -> SendTestMenuItem:
    return SendTestMenuItem(order=200)


@hooks.register("register_log_actions")
def register_log_actions(actions) -> None:
    log_actions.register(actions)


@hooks.register("register_group_permission_panel")
def register_gallery_permissions() -> type:
    return GroupGalleryPermissionFormSet


@hooks.register("register_group_permission_panel")
def register_library_permissions() -> type:
    return GroupLibraryPermissionFormSet


@hooks.register("describe_collection_contents")
def describe_galleries(collection) -> dict | None:
    return collections.describe_galleries(collection)


@hooks.register("describe_collection_contents")
def describe_clients(collection) -> dict | None:
    return collections.describe_clients(collection)


hooks.register("describe_collection_contents", collections.describe_files)
hooks.register("describe_collection_contents", collections.describe_words_and_marks)
hooks.register("describe_collection_contents", collections.describe_libraries)
hooks.register("construct_homepage_panels", home.add_waiting_panel)
hooks.register("construct_homepage_panels", add_alarm_panel)
hooks.register("construct_homepage_summary_items", home.add_summary_items)


@hooks.register("register_page_listing_buttons")
def page_listing_buttons(page, user, next_url: str | None = None) -> Iterator[ListingButton]:
    return panels.page_listing_buttons(page, user)


@hooks.register("register_page_header_buttons")
def page_header_buttons(
    page, user, view_name: str, next_url: str | None = None
) -> Iterator[Button]:
    return gallery_pages.page_header_buttons(page, user, view_name)


@hooks.register("after_publish_page")
def keep_pages_of_galleries(request, page) -> None:
    keep_main_page(page, request.user)


hooks.register("construct_wagtail_userbar", add_userbar_item)


@hooks.register("before_delete_user")
def keep_owners(request, user) -> HttpResponse | None:
    return people.refuse_to_delete_owners(request, [user])


@hooks.register("before_bulk_action")
def keep_owners_in_bulk(request, action_type, objects, action) -> HttpResponse | None:
    return people.refuse_bulk_deletion(request, action_type, objects)


hooks.register("before_delete_page", sites.refuse_to_delete_page)


@hooks.register("before_bulk_action")
def keep_sites(request, action_type, objects, action) -> HttpResponse | None:
    return sites.refuse_bulk_deletion(request, action_type, objects)


@hooks.register("insert_global_admin_js")
def demo_banner() -> str:
    return panels.demo_banner()


# Outermost, since the page restrictions are checked in the same chain.
hooks.register("on_serve_page", let_holders_through, order=-100)

# The last registration of an action holds, and Wagtail's own must not.
hooks.register("register_bulk_action", DeleteClientsBulkAction, order=100)
hooks.register("register_bulk_action", DeleteWatermarkPresetsBulkAction, order=100)
hooks.register("register_bulk_action", KeepLinksAndSelections, order=100)
hooks.register("register_bulk_action", SetVisibilityBulkAction)
hooks.register("register_bulk_action", UnsetVisibilityBulkAction)
hooks.register("register_bulk_action", DeleteGalleriesBulkAction)
hooks.register("register_bulk_action", ExtendLinksBulkAction)
hooks.register("register_bulk_action", RevokeLinksBulkAction)
hooks.register("register_bulk_action", ExportSelectionsBulkAction)
hooks.register("register_bulk_action", DeleteMailTemplatesBulkAction, order=100)
hooks.register("register_bulk_action", DeleteLibrariesBulkAction, order=100)
