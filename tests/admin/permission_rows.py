"""The rows of ``permission_rules``: every address of the admin that the package adds."""

from __future__ import annotations

from .permission_rules import FOR_ALL, OPERATORS, SOMEWHERE, Row


def _named(space: str, rows: dict[str, Row]) -> dict[str, Row]:
    return {f"{space}:{name}": row for name, row in rows.items()}


VIEW, CHANGE, SHARE = Row(get="view"), Row(get="change"), Row(get="share")
LIST = Row(get="view", of=SOMEWHERE)

GALLERIES = {
    "index": LIST,
    "index_results": LIST,
    "add": Row(get="add", post="add", of=SOMEWHERE),
    "session": Row(get="in", of=FOR_ALL),
    # Of an index page: who shares all that is below, and may restrict the page as well.
    "index_visibility": Row(get="share", post="share", of=OPERATORS),
    "of_page": Row(get="view", post="view"),
    # Looking, which changes nothing.
    "photos": VIEW,
    "photo": VIEW,
    "photo_feed": VIEW,
    "batch": VIEW,
    "selections": VIEW,
    "selection_workbook": VIEW,
    "workbook": VIEW,
    "exports": VIEW,
    "export": VIEW,
    "merge_sidecars": Row(post="view"),
    "edits": VIEW,
    "board_news": VIEW,
    "history": VIEW,
    # Bringing in, sorting, matching: what assistants do.
    "pick": Row(get="change", post="change"),
    "single_upload": Row(post="change"),
    "photo_act": Row(post="change"),
    "sections": Row(get="change", post="change"),
    "films": Row(get="change", post="change"),
    "film": Row(get="change", post="change"),
    "remove_section": Row(get="change", post="change"),
    "clocks": Row(get="change", post="change", says_nothing=True),
    "board": CHANGE,
    "decide_edit": Row(get="change", post="change", says_nothing=True),
    "undo_decision": Row(post="change"),
    "choose_original": CHANGE,
    "photo_edits": Row(get="change", post="change"),
    "answer_wish": Row(post="change"),
    "choose_for": Row(get="change", post="change"),
    "paste_for": Row(get="change", post="change"),
    "settings": Row(get="change", post="change"),
    "delete": Row(get="delete", post="delete", says_nothing=True),
    "keeping": Row(get="view", post="change"),
    "watermark_preview": CHANGE,
    # Whatever reaches a client, or decides who sees what.
    "show": Row(post="share"),
    "sharing": Row(get="view", post="share"),
    "visibility": Row(post="share"),
    "change_link": Row(get="share", post="share"),
    "revoke_link": Row(get="share", post="share"),
    "revoke_all_links": Row(get="share", post="share"),
    "renew_link": Row(get="share", post="share"),
    "preview_as": Row(post="share"),
    "choose_whom": Row(get="change", post="share"),
    "send_for": Row(get="change", post="share"),
    "reopen_list": Row(post="share"),
    "watermark": Row(get="change", post="share"),
    # The step that is tried closes the round.
    "step": Row(get="share", post="share"),
    "publish": Row(get="view", post="share"),
    "delivery": Row(get="view", post="deliver"),
}
DASHBOARD = {
    "index": LIST,
    "news": LIST,
    "ready_message": Row(get="share", post="share", says_nothing=True),
}
FOR_OPERATORS = Row(get="view", of=OPERATORS)
REPORTS = {
    f"{name}{results}": FOR_OPERATORS if name in ("integrity", "slow-steps") else LIST
    for name in ("deliveries", "integrity", "links", "slow-steps", "storage")
    for results in ("", "_results")
}


def _snippet(**changed: Row) -> dict[str, Row]:
    """The addresses that Wagtail makes for a snippet, for those who may change such things."""
    shown, kept = Row(get="view"), Row(get="change", post="change")
    return {
        "list": LIST,
        "list_results": LIST,
        "add": Row(get="add", post="add", of=SOMEWHERE),
        "edit": kept,
        "delete": Row(get="delete", post="delete"),
        "usage": shown,
        "history": shown,
        "history_results": shown,
        "inspect": shown,
        **changed,
    }


def _chooser(**changed: Row) -> dict[str, Row]:
    """The addresses of a chooser: it is open to all, and shows each what is theirs."""
    return {
        "choose": Row(get="in", of=FOR_ALL),
        "choose_results": Row(get="in", of=FOR_ALL),
        "chosen": Row(get="view"),
        "chosen_multiple": Row(get="in", of=FOR_ALL),
        # There is no form in these.
        "create": Row(),
        **changed,
    }


LINKS = _snippet(
    add=Row(),
    edit=Row(get="share", post="share"),
    delete=Row(),
    usage=SHARE,
)
SELECTIONS = _snippet(
    **dict.fromkeys(("add", "edit", "delete", "usage", "history", "history_results"), Row())
)
# Nobody chooses these in a dialog.
NOT_CHOSEN = _chooser(chosen=Row())
# Words speak for the studio: assistants send them and do not write them.
WRITING = Row(get="add", post="add")
MAILS = {
    name: row
    for name, row in _snippet(
        edit=WRITING,
        usage=Row(get="add"),
        history=Row(get="add"),
        history_results=Row(get="add"),
        previews=Row(get="add", of=SOMEWHERE),
        preview_frame=Row(get="add", of=SOMEWHERE),
        preview_words=Row(get="add", post="add", of=SOMEWHERE, says_nothing=True),
        preview_own_words=WRITING,
    ).items()
    if name != "inspect"
}
# So do marks, which stand on every photograph.
MARKS = _snippet(
    edit=WRITING,
    usage=Row(get="add"),
    history=Row(get="add"),
    history_results=Row(get="add"),
    preview=VIEW,
)
# Which folder of the server may be read is an operator's choice; the rest, and scanning, is given
# to photographers.
LIBRARIES = _snippet(
    add=Row(get="add", post="add", of=OPERATORS),
    edit=WRITING,
    delete=Row(get="delete", post="delete", of=OPERATORS),
    usage=Row(get="add"),
    history=Row(get="add"),
    history_results=Row(get="add"),
    scan=WRITING,
    scan_news=Row(get="add"),
    scan_report=VIEW,
    scan_report_results=VIEW,
)
GALLERY_CHOOSER = _chooser(create=Row(get="add", post="add", of=SOMEWHERE))
COVER_CHOOSER = {
    "choose": Row(get="in", of=FOR_ALL),
    "choose_results": Row(get="in", of=FOR_ALL),
    "chosen": Row(get="view", says_nothing=True),
}
# The log is for operators: who manages the site's files and mails, beside superusers.
LOG = {
    f"pumbaphoto_{name}_{view}": row
    for name in ("files", "outbox", "wagtail_upload", "wagtail_uploadbatch")
    for view, row in (
        ("modeladmin_index", FOR_OPERATORS),
        ("modeladmin_inspect", FOR_OPERATORS),
        ("results", FOR_OPERATORS),
        ("act", Row(post="change", of=OPERATORS)),
    )
}
# Who lets others in is who may share.
ACCESS = {
    "index": Row(get="share", of=SOMEWHERE),
    "index_results": Row(get="share", of=SOMEWHERE),
    "answer": Row(get="share", post="share"),
}
ROWS: dict[str, Row] = {
    **_named("pumbaphoto_galleries", GALLERIES),
    **_named("pumbaphoto_dashboard", DASHBOARD),
    **_named("pumbaphoto_access", ACCESS),
    **_named("pumbaphoto_reports", REPORTS),
    **_named(
        "wagtailsnippets_pumbaphoto_wagtail_client",
        _snippet(suggest=Row(get="in", of=FOR_ALL), erase=Row(get="delete", post="delete")),
    ),
    **_named("wagtailsnippetchoosers_pumbaphoto_wagtail_client", _chooser()),
    **_named("wagtailsnippets_pumbaphoto_wagtail_sharelink", LINKS),
    **_named("wagtailsnippetchoosers_pumbaphoto_wagtail_sharelink", NOT_CHOSEN),
    **_named("wagtailsnippets_pumbaphoto_wagtail_selection", SELECTIONS),
    **_named("wagtailsnippetchoosers_pumbaphoto_wagtail_selection", NOT_CHOSEN),
    **_named("wagtailsnippets_pumbaphoto_wagtail_mailtemplate", MAILS),
    **_named("wagtailsnippetchoosers_pumbaphoto_wagtail_mailtemplate", _chooser()),
    **_named("wagtailsnippets_pumbaphoto_wagtail_watermarkpreset", MARKS),
    **_named("wagtailsnippetchoosers_pumbaphoto_wagtail_watermarkpreset", _chooser()),
    **_named("wagtailsnippets_pumbaphoto_wagtail_library", LIBRARIES),
    **_named("wagtailsnippetchoosers_pumbaphoto_wagtail_library", _chooser()),
    **_named("pumbaphoto_gallery_chooser", GALLERY_CHOOSER),
    **_named("pumbaphoto_cover_chooser", COVER_CHOOSER),
    **LOG,
    # What became of one's own upload is told to whoever sees the gallery.
    "pumbaphoto_wagtail_uploadbatch_modeladmin_inspect": VIEW,
    # Ours in Wagtail's place, so that a site with galleries stays.
    "wagtailsites:delete": Row(get="delete", post="delete", of=OPERATORS),
    "pumbaphoto_quarantine_modeladmin_index": Row(get="change", of=SOMEWHERE),
    "pumbaphoto_quarantine_modeladmin_inspect": Row(get="change"),
    "pumbaphoto_quarantine_act": Row(post="change", of=SOMEWHERE),
}
