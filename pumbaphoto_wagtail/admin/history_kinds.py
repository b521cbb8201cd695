"""The kinds of acts by which a gallery's history can be narrowed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

STATE, CLIENTS_ACTS, SHARING, PHOTOS, EDITS, DELIVERY, SETTINGS = (
    *("steps", "clients", "sharing", "photos"),
    *("edits", "delivery", "settings"),
)
LABELS = {
    STATE: _("Steps of the gallery"),
    CLIENTS_ACTS: _("What clients chose and asked"),
    SHARING: _("Links, and who can see what"),
    PHOTOS: _("Photos, films, uploads and sections"),
    EDITS: _("Edits and matching"),
    DELIVERY: _("Delivery, archive and portfolio"),
    SETTINGS: _("Settings"),
}
# Names of actions, without the package's own word before them.
KINDS: dict[str, tuple[str, ...]] = {
    STATE: (
        *("submit", "reopen", "start_editing", "deliver", "revise", "archive", "restore"),
        "delete_gallery",
    ),
    CLIENTS_ACTS: (
        *("send_selection", "take_back_selection", "choose_for", "send_selection_for"),
        *("reopen_list", "ask_change", "withdraw_change", "answer_change", "ask_photos"),
        *("give_consent", "withdraw_consent", "withdraw_consent_for"),
    ),
    SHARING: (
        *("share", "send_link", "send_link_again", "change_link", "revoke_link", "renew_link"),
        *("share_with_family", "close_family_link", "set_visibility", "set_index_visibility"),
        *("show", "set_photo_rules", "unset_photo_rules", "remind", "remind_due"),
        *("remind_expiring", "retry_message", "erase_client", "grant_access", "refuse_access"),
    ),
    PHOTOS: (
        *("hide_photos", "unhide_photos", "put_into_section", "delete_photos", "purge_photos"),
        *("bring_back_photos", "turn_photos", "render_photos", "move_photos_in"),
        *("move_photos_out", "set_clock", "arrange_sections", "finish_section"),
        *("shift_times", "times_from_camera"),
        *("unfinish_section", "remove_section", "virus_found", "scan_again"),
        *("delete_quarantined", "resume_upload", "give_up_upload", "fetch_photo"),
        *("pick_from_library", "scan_library", "recover_files"),
        *("add_film", "change_film", "move_film", "hide_film", "show_film", "remove_film"),
        "fetch_film",
    ),
    EDITS: (
        *("link_edit", "accept_edit", "set_edit_variant", "choose_edit_version"),
        *("choose_newest_edit", "unlink_edit", "ignore_edit", "deliver_edit_as_it_is"),
    ),
    DELIVERY: (
        *("deliver", "archive", "restore", "keep_online", "take_offline", "announce_archive"),
        *("withdraw_archive", "publish", "take_down", "give_consent", "withdraw_consent"),
        "withdraw_consent_for",
    ),
    SETTINGS: ("set_watermark",),
}
# Wagtail's own actions, as a gallery's forms write them.
WAGTAILS = {"wagtail.create": STATE, "wagtail.edit": SETTINGS, "wagtail.delete": STATE}


def actions_of(kind: str) -> list[str]:
    """The names of the actions of a kind, as they stand in the log."""
    own = [f"pumbaphoto.{name}" for name in KINDS[kind]]
    return [*own, *(name for name, of in WAGTAILS.items() if of == kind)]


def kinds_of(action: str) -> list[str]:
    """The kinds to which an action belongs; there is one at least for each that is registered."""
    return [kind for kind in KINDS if action in actions_of(kind)]
