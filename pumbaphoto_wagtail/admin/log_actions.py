"""The acts that appear in the log, in words. Each is written once, where it happens."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.log_actions import LogFormatter

from ..intake.clocks import SET_CLOCK
from . import consent_words
from .clock_words import ClockFormatter
from .times_of_photos import SHIFT, ShiftFormatter

ACTIONS = {
    "pumbaphoto.retry_message": gettext_lazy("E-mail to be sent once more"),
    "pumbaphoto.set_visibility": gettext_lazy("Changed who can see the gallery"),
    "pumbaphoto.set_index_visibility": gettext_lazy("Changed who can see the galleries below"),
    "pumbaphoto.grant_access": gettext_lazy("Let somebody in who had asked for access"),
    "pumbaphoto.refuse_access": gettext_lazy("Refused a request for access"),
    "pumbaphoto.submit": gettext_lazy("Selection complete"),
    "pumbaphoto.reopen": gettext_lazy("Selection reopened"),
    "pumbaphoto.start_editing": gettext_lazy("Editing started"),
    "pumbaphoto.deliver": gettext_lazy("Edits delivered"),
    "pumbaphoto.revise": gettext_lazy("Delivered edits revised"),
    "pumbaphoto.archive": gettext_lazy("Gallery archived"),
    "pumbaphoto.restore": gettext_lazy("Gallery restored"),
    "pumbaphoto.keep_online": gettext_lazy("Delivered photos kept online in the archive"),
    "pumbaphoto.take_offline": gettext_lazy("Delivered photos taken offline in the archive"),
    "pumbaphoto.withdraw_archive": gettext_lazy("Announced day of archiving taken back"),
    "pumbaphoto.link_edit": gettext_lazy("Edit linked by hand"),
    "pumbaphoto.accept_edit": gettext_lazy("Proposed original of an edit accepted"),
    "pumbaphoto.set_edit_variant": gettext_lazy("Edit made a variant of its own"),
    "pumbaphoto.choose_edit_version": gettext_lazy("Version of an edit chosen"),
    "pumbaphoto.choose_newest_edit": gettext_lazy("Newest version of an edit chosen"),
    "pumbaphoto.unlink_edit": gettext_lazy("Edit taken from its original"),
    "pumbaphoto.ignore_edit": gettext_lazy("Edit left out"),
    "pumbaphoto.scan_library": gettext_lazy("Scan of a library asked for"),
    "pumbaphoto.recover_files": gettext_lazy("Files taken in again that the database had lost"),
    "pumbaphoto.set_watermark": gettext_lazy("Watermark of the proofs changed"),
    "pumbaphoto.deliver_edit_as_it_is": gettext_lazy("Edit to be delivered as it is"),
}
# About one recipient, who is named.
LINK_ACTIONS = {
    "pumbaphoto.ask_change": (
        gettext_lazy("Change asked for"),
        gettext_lazy("%(recipient)s asked for a change: %(file)s"),
    ),
    "pumbaphoto.withdraw_change": (
        gettext_lazy("Change not asked for any more"),
        gettext_lazy("%(recipient)s withdrew a wish: %(file)s"),
    ),
    "pumbaphoto.answer_change": (
        gettext_lazy("Asked change answered"),
        gettext_lazy("Answered what %(recipient)s asked for: %(file)s"),
    ),
    "pumbaphoto.remind_due": (
        gettext_lazy("Reminded of the due date"),
        gettext_lazy("%(recipient)s was reminded of the due date"),
    ),
    "pumbaphoto.remind_expiring": (
        gettext_lazy("Reminded of a link that ends"),
        gettext_lazy("%(recipient)s was reminded that the link ends"),
    ),
    "pumbaphoto.ask_photos": (
        gettext_lazy("Photos asked for"),
        gettext_lazy("%(recipient)s asked for the photos of the archived gallery"),
    ),
    "pumbaphoto.send_selection": (
        gettext_lazy("Selection sent"),
        gettext_lazy("%(recipient)s sent a selection"),
    ),
    "pumbaphoto.choose_for": (
        gettext_lazy("Chosen for a client"),
        gettext_lazy("Chosen for %(recipient)s: %(count)s photos so far"),
    ),
    "pumbaphoto.send_selection_for": (
        gettext_lazy("Selection sent for a client"),
        gettext_lazy("Selection of %(recipient)s sent in their name"),
    ),
    "pumbaphoto.reopen_list": (
        gettext_lazy("List reopened"),
        gettext_lazy("%(recipient)s can choose again for a further list"),
    ),
    "pumbaphoto.change_link": (
        gettext_lazy("Share link changed"),
        gettext_lazy("What the link of %(recipient)s opens was changed"),
    ),
    "pumbaphoto.take_back_selection": (
        gettext_lazy("Selection taken back"),
        gettext_lazy("%(recipient)s took the selection back"),
    ),
    "pumbaphoto.share": (
        gettext_lazy("Share link made"),
        gettext_lazy("Shared with %(recipient)s"),
    ),
    "pumbaphoto.send_link": (
        gettext_lazy("Share link mailed"),
        gettext_lazy("Link mailed to %(recipient)s"),
    ),
    "pumbaphoto.send_link_again": (
        gettext_lazy("Share link asked for again"),
        gettext_lazy("%(recipient)s asked for the link again, and it was mailed"),
    ),
    "pumbaphoto.remind": (
        gettext_lazy("Reminder sent"),
        gettext_lazy("%(recipient)s was reminded by e-mail"),
    ),
    "pumbaphoto.share_with_family": (
        gettext_lazy("Shared with family"),
        gettext_lazy("%(by)s shared with %(recipient)s, who can only look"),
    ),
    "pumbaphoto.close_family_link": (
        gettext_lazy("Family link closed"),
        gettext_lazy("%(by)s closed the link of %(recipient)s"),
    ),
    "pumbaphoto.revoke_link": (
        gettext_lazy("Share link revoked"),
        gettext_lazy("Link of %(recipient)s revoked"),
    ),
    "pumbaphoto.renew_link": (
        gettext_lazy("Share link renewed"),
        gettext_lazy("Link of %(recipient)s renewed"),
    ),
}
# About one uploaded file, which is named.
FILE_ACTIONS = {
    "pumbaphoto.fetch_photo": (
        gettext_lazy("Photo fetched from the archive"),
        gettext_lazy("Fetched from the archive by itself: %(file)s"),
    ),
    "pumbaphoto.virus_found": (
        gettext_lazy("Virus found"),
        gettext_lazy("Virus found in %(file)s: %(virus)s"),
    ),
    "pumbaphoto.scan_again": (
        gettext_lazy("Scanned again"),
        gettext_lazy("Sent to the virus scan again: %(file)s"),
    ),
    "pumbaphoto.delete_quarantined": (
        gettext_lazy("Deleted from quarantine"),
        gettext_lazy("Deleted from quarantine: %(file)s"),
    ),
}
# About one section, which is named.
SECTION_ACTIONS = {
    "pumbaphoto.arrange_sections": (
        gettext_lazy("Sections arranged"),
        gettext_lazy("Sections arranged: %(section)s"),
    ),
    "pumbaphoto.finish_section": (
        gettext_lazy("Section finished"),
        gettext_lazy("May be downloaded now: %(section)s"),
    ),
    "pumbaphoto.unfinish_section": (
        gettext_lazy("Section not finished"),
        gettext_lazy("May not be downloaded yet: %(section)s"),
    ),
    "pumbaphoto.remove_section": (
        gettext_lazy("Section removed"),
        gettext_lazy("Section removed: %(section)s, %(count)s photos moved"),
    ),
}
# About one film, which is named.
FILM_ACTIONS = {
    "pumbaphoto.add_film": (gettext_lazy("Film added"), gettext_lazy("Film added: %(film)s")),
    "pumbaphoto.change_film": (
        gettext_lazy("Film changed"),
        gettext_lazy("Film changed: %(film)s"),
    ),
    "pumbaphoto.move_film": (gettext_lazy("Film moved"), gettext_lazy("Film moved: %(film)s")),
    "pumbaphoto.hide_film": (gettext_lazy("Film hidden"), gettext_lazy("Film hidden: %(film)s")),
    "pumbaphoto.show_film": (gettext_lazy("Film shown"), gettext_lazy("Film shown: %(film)s")),
    "pumbaphoto.remove_film": (
        gettext_lazy("Film removed"),
        gettext_lazy("Film removed: %(film)s"),
    ),
    "pumbaphoto.fetch_film": (
        gettext_lazy("Film asked for again"),
        gettext_lazy("Asked for again where it comes from: %(film)s"),
    ),
}
# About one day, which is named.
DAY_ACTIONS = {
    "pumbaphoto.announce_archive": (
        gettext_lazy("Archiving announced"),
        gettext_lazy("Archiving announced for %(day)s"),
    ),
}
# About so many photos.
GONE_ACTIONS = {
    "pumbaphoto.erase_client": (
        gettext_lazy("Client’s data erased"),
        gettext_lazy(
            "All data of a client erased: %(links)s share links, %(selections)s selections"
        ),
    ),
    "pumbaphoto.delete_gallery": (
        gettext_lazy("Gallery deleted"),
        gettext_lazy(
            "Gallery deleted: %(photos)s photos, %(edits)s edits, %(deliveries)s deliveries,"
            " %(links)s share links, %(files)s files of %(size)s bytes"
        ),
    ),
}
COUNTED_ACTIONS = {
    "pumbaphoto.pick_from_library": (
        gettext_lazy("Photos picked from storage"),
        gettext_lazy("Photos picked from “%(library)s”: %(count)s"),
    ),
    "pumbaphoto.show": (
        gettext_lazy("Photos shown"),
        gettext_lazy("New photos shown: %(count)s"),
    ),
    "pumbaphoto.hide_photos": (
        gettext_lazy("Photos hidden"),
        gettext_lazy("Photos hidden: %(count)s"),
    ),
    "pumbaphoto.unhide_photos": (
        gettext_lazy("Photos hidden no longer"),
        gettext_lazy("Photos hidden no longer: %(count)s"),
    ),
    "pumbaphoto.put_into_section": (
        gettext_lazy("Photos put into another section"),
        gettext_lazy("Photos put into another section: %(count)s"),
    ),
    "pumbaphoto.set_photo_rules": (
        gettext_lazy("Who can see single photos set"),
        gettext_lazy("Set who can see single photos: %(count)s"),
    ),
    "pumbaphoto.unset_photo_rules": (
        gettext_lazy("Rules of single photos deleted"),
        gettext_lazy("Photos seen as the gallery again: %(count)s"),
    ),
    "pumbaphoto.turn_photos": (
        gettext_lazy("Photos turned"),
        gettext_lazy("Photos turned: %(count)s"),
    ),
    "pumbaphoto.times_from_camera": (
        gettext_lazy("Times from the cameras again"),
        gettext_lazy("Times from the cameras again: %(count)s photos"),
    ),
    "pumbaphoto.give_up_upload": (
        gettext_lazy("Upload given up"),
        gettext_lazy("Given up, since they had not arrived: %(count)s files"),
    ),
    "pumbaphoto.resume_upload": (
        gettext_lazy("Upload resumed"),
        gettext_lazy("Waited for, or worked on, once more: %(count)s files"),
    ),
    "pumbaphoto.render_photos": (
        gettext_lazy("Pictures made again"),
        gettext_lazy("Pictures made again of files: %(count)s"),
    ),
    "pumbaphoto.move_photos_out": (
        gettext_lazy("Photos moved to another gallery"),
        gettext_lazy("Photos moved to another gallery: %(count)s"),
    ),
    "pumbaphoto.move_photos_in": (
        gettext_lazy("Photos moved here"),
        gettext_lazy("Photos moved here from another gallery: %(count)s"),
    ),
    "pumbaphoto.delete_photos": (
        gettext_lazy("Photos deleted"),
        gettext_lazy("Photos deleted: %(count)s"),
    ),
    "pumbaphoto.purge_photos": (
        gettext_lazy("Deleted photos gone for good"),
        gettext_lazy("Deleted photos gone for good: %(count)s"),
    ),
    "pumbaphoto.bring_back_photos": (
        gettext_lazy("Deleted photos brought back"),
        gettext_lazy("Deleted photos brought back: %(count)s"),
    ),
}
NAMING_ACTIONS = (
    LINK_ACTIONS
    | FILE_ACTIONS
    | SECTION_ACTIONS
    | FILM_ACTIONS
    | DAY_ACTIONS
    | COUNTED_ACTIONS
    | GONE_ACTIONS
)


def register(actions) -> None:
    """Tell Wagtail's log about every act of ours."""
    for name, words in ACTIONS.items():
        actions.register_action(name, words, words)
    for name, (label, sentence) in NAMING_ACTIONS.items():
        actions.register_action(name)(_formatter(label, sentence))
    actions.register_action(SET_CLOCK)(ClockFormatter)
    actions.register_action(SHIFT)(ShiftFormatter)
    for name, formatter in consent_words.FORMATTERS.items():
        actions.register_action(name)(formatter)


def _formatter(action_label, sentence) -> type[LogFormatter]:
    class NamingFormatter(LogFormatter):
        label = action_label

        def format_message(self, log_entry) -> str:
            somebody = {
                "recipient": _("somebody"),
                "by": _("somebody"),
                "section": "?",
                "film": "?",
            }
            unnamed = somebody | {"file": _("a file"), "virus": "?", "count": "?", "day": "?"}
            return str(sentence) % (unnamed | log_entry.data)

    return NamingFormatter
