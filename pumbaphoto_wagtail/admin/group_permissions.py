"""The part of Wagtail's group form that says who may do what with galleries and libraries, by
collection.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.collections import collection_member_permission_formset_factory

from ..models import Gallery, Library

GroupGalleryPermissionFormSet = collection_member_permission_formset_factory(
    Gallery,
    [
        ("add_gallery", _("Add"), _("Add galleries, and do everything with one's own")),
        ("change_gallery", _("Edit"), _("Edit any gallery, and upload to it")),
        ("delete_gallery", _("Delete"), _("Delete any gallery")),
        ("share_gallery", _("Share"), _("Share any gallery with clients")),
        ("deliver_gallery", _("Deliver"), _("Deliver the edits of any gallery")),
    ],
    "pumbaphoto_wagtail/admin/group_permissions.html",
)

GroupLibraryPermissionFormSet = collection_member_permission_formset_factory(
    Library,
    [
        (
            "add_library",
            _("Add"),
            _("Add libraries, for any folder the server opens"),
        ),
        ("change_library", _("Edit"), _("Edit any library: what its folders become, and for whom")),
        ("delete_library", _("Delete"), _("Delete any library; its files and galleries stay")),
        ("scan_library", _("Scan"), _("Scan any library")),
    ],
    "pumbaphoto_wagtail/admin/group_library_permissions.html",
)
