"""What a photographer has to do: look, decide, answer, show, archive."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from ..delivery import keeping, restoring
from ..models import (
    UNDECIDED_STATUSES,
    ChangeRequest,
    Edit,
    Gallery,
    Message,
    Photo,
    Selection,
    SelectionList,
    Stage,
    State,
    StoredFile,
    Upload,
    UploadState,
)
from .waiting_scope import Found, Scope, hearts

# Refusals are told with the upload; who has not looked after so long does not want to.
REFUSALS_TOLD = timedelta(days=3)
FAILED_MAILS_TOLD = timedelta(days=14)
RUNNING_STATES = (State.ACTIVE, State.SUBMITTED, State.EDITING)

# Singular and plural of each trouble, with %(count)d, the worst first.
TROUBLES = {
    Stage.INFECTED: ngettext_lazy("%(count)d infected", "%(count)d infected", "count"),
    Stage.MISSING: ngettext_lazy(
        "%(count)d missing from the storage", "%(count)d missing from the storage", "count"
    ),
    Stage.BLOCKED: ngettext_lazy(
        "%(count)d could not be scanned", "%(count)d could not be scanned", "count"
    ),
    Stage.FAILED: ngettext_lazy(
        "%(count)d could not be read", "%(count)d could not be read", "count"
    ),
    UploadState.REFUSED: ngettext_lazy("%(count)d not accepted", "%(count)d not accepted", "count"),
}


def troubled_files(scope: Scope) -> list[Found]:
    """Galleries with files that were refused, or that came and are no photos to look at."""
    amounts: dict[int, dict[str, int]] = defaultdict(dict)
    refused = Upload.objects.filter(
        state=UploadState.REFUSED,
        batch__gallery__in=scope.galleries,
        batch__created_at__gte=scope.now - REFUSALS_TOLD,
    )
    for gallery, count in _by_gallery(refused, "batch__gallery").values_list("key", "count"):
        amounts[gallery][UploadState.REFUSED] = count
    # Asked from the files: few are in these stages, and there is an index that knows them.
    troubled = StoredFile.objects.filter(
        stage__in=[stage for stage in TROUBLES if stage in Stage],
        uploads__batch__gallery__in=scope.galleries,
    )
    rows = troubled.order_by().values_list("uploads__batch__gallery", "stage")
    for gallery, stage, count in rows.annotate(count=Count("pk", distinct=True)):
        amounts[gallery][stage] = count
    found = [
        Found(gallery_id=gallery, words=_troubles_in_words(by_kind))
        for gallery, by_kind in sorted(amounts.items(), reverse=True)
    ]
    return found[: scope.at_most]


def _troubles_in_words(by_kind: dict[str, int]) -> str:
    parts = [
        str(words % {"count": by_kind[kind]}) for kind, words in TROUBLES.items() if kind in by_kind
    ]
    return ", ".join(parts)


def _by_gallery(rows: QuerySet, path: str) -> QuerySet:
    """Rows counted for each gallery, as ``key`` and ``count``."""
    return rows.order_by().values(key=F(path)).annotate(count=Count("pk"))


def failed_mails(scope: Scope) -> list[Found]:
    """E-mails to clients that were given up, and that nothing later has replaced."""
    later = Message.objects.filter(
        share_link=OuterRef("share_link"),
        kind=OuterRef("kind"),
        sent_at__isnull=False,
        pk__gt=OuterRef("pk"),
    )
    rows = (
        Message.objects.filter(
            ~Exists(later),
            gallery__in=scope.galleries,
            failed_at__gte=scope.now - FAILED_MAILS_TOLD,
            share_link__revoked_at__isnull=True,
            share_link__isnull=False,
        )
        .exclude(gallery__state=State.ARCHIVED)
        .select_related("share_link")
        .order_by("-failed_at")
    )
    words = _("“%(kind)s” did not reach %(name)s (%(address)s)")
    return [
        Found(
            gallery_id=row.gallery_id,
            words=words
            % {
                "kind": row.get_kind_display(),
                "name": row.share_link.recipient,
                "address": row.share_link.email or _("no address"),
            },
            link=row.share_link,
        )
        for row in rows[: scope.at_most]
    ]


def files_to_decide(scope: Scope) -> list[Found]:
    """Photos that were exported again: replace what is there, or keep both?"""
    asked = Upload.objects.filter(state=UploadState.ASKED, batch__gallery__in=scope.galleries)
    return [
        Found(
            gallery_id=row["key"],
            words=ngettext(
                "%(count)d photo is there already, and was sent again with other content",
                "%(count)d photos are there already, and were sent again with other content",
                row["count"],
            )
            % row,
        )
        for row in _by_gallery(asked, "batch__gallery").order_by("key")[: scope.at_most]
    ]


def photos_asked_for(scope: Scope) -> list[Found]:
    """Archived galleries whose photos somebody has asked for."""
    wishes = restoring.open_wishes().filter(gallery__in=scope.galleries)
    names: dict[int, dict[str, None]] = defaultdict(dict)
    rows = wishes.order_by("pk").values_list("gallery", "share_link__recipient")
    for gallery, recipient in rows[: scope.at_most]:
        names[gallery][recipient or ""] = None
    return [
        Found(
            gallery_id=gallery,
            words=ngettext(
                "%(names)s asks for the photos", "%(names)s ask for the photos", len(asking)
            )
            % {"names": get_text_list([*asking], _("and"))},
        )
        for gallery, asking in names.items()
    ]


def changes_asked_for(scope: Scope) -> list[Found]:
    """Delivered photos that somebody would like to have changed."""
    rows = (
        ChangeRequest.objects.filter(
            answered_at__isnull=True,
            share_link__gallery__in=scope.galleries,
            share_link__gallery__state__in=(State.EDITING, State.DELIVERED),
        )
        .order_by()
        .values(key=F("share_link__gallery"))
        .annotate(
            count=Count("pk"),
            people=Count("share_link", distinct=True),
            name=Min("share_link__recipient"),
            since=Min("created_at"),
        )
        .order_by("since")
    )
    return [
        Found(gallery_id=row["key"], words=_changes_in_words(row) % row)
        for row in rows[: scope.at_most]
    ]


def _changes_in_words(row: dict) -> str:
    if row["people"] > 1:
        return _("%(people)d people ask for %(count)d changes")
    return ngettext(
        "%(name)s asks for %(count)d change", "%(name)s asks for %(count)d changes", row["count"]
    )


def selections_in(scope: Scope) -> list[Found]:
    """Selections that were sent: all of a complete round, and others while nobody has looked."""
    sent = (
        Selection.objects.filter(
            _is_news(), submitted_at__isnull=False, share_link__gallery__in=scope.galleries
        )
        .annotate(hearts=hearts(), state=F("share_link__gallery__state"))
        .select_related("share_link")
        .order_by("submitted_at")
    )
    by_gallery: dict[int, list[Selection]] = defaultdict(list)
    for selection in sent[: scope.at_most]:
        by_gallery[selection.share_link.gallery_id].append(selection)
    complete = Gallery.objects.filter(pk__in=scope.galleries, state=State.SUBMITTED)
    for gallery in complete.order_by("pk").values_list("pk", flat=True)[: scope.at_most]:
        by_gallery.setdefault(gallery, [])
    return [
        Found(gallery_id=gallery, words=_selections_in_words(selections))
        for gallery, selections in by_gallery.items()
    ][: scope.at_most]


def _is_news() -> Q:
    is_to_edit = Q(list=SelectionList.TO_EDIT, round=F("share_link__gallery__round"))
    is_unopened = Q(opened_at__isnull=True, submitted_by__isnull=True)
    is_active = Q(share_link__gallery__state=State.ACTIVE)
    is_further = ~Q(list=SelectionList.TO_EDIT) & Q(share_link__gallery__state__in=RUNNING_STATES)
    is_complete = Q(share_link__gallery__state=State.SUBMITTED, share_link__decides=True)
    return is_to_edit & is_complete | is_unopened & (is_to_edit & is_active | is_further)


def _selections_in_words(selections: list[Selection]) -> str:
    if not selections:
        return _("The selection is in")
    return " · ".join(_selection_in_words(selection) for selection in selections)


def _selection_in_words(selection: Selection) -> str:
    is_further = selection.list != SelectionList.TO_EDIT
    if is_further:
        words = ngettext(
            "%(name)s has chosen %(count)d photo for “%(list)s”",
            "%(name)s has chosen %(count)d photos for “%(list)s”",
            selection.hearts,
        )
    elif not selection.share_link.decides:
        words = ngettext(
            "%(name)s suggests %(count)d photo",
            "%(name)s suggests %(count)d photos",
            selection.hearts,
        )
    elif selection.state == State.ACTIVE:
        words = ngettext(
            "%(name)s has chosen %(count)d photo, others still choose",
            "%(name)s has chosen %(count)d photos, others still choose",
            selection.hearts,
        )
    else:
        words = ngettext(
            "%(name)s has chosen %(count)d photo",
            "%(name)s has chosen %(count)d photos",
            selection.hearts,
        )
    return words % {
        "name": selection.share_link.recipient,
        "count": selection.hearts,
        "list": selection.get_list_display(),
    }


def edits_to_decide(scope: Scope) -> list[Found]:
    """Edits whose original is not certain."""
    undecided = Edit.objects.filter(status__in=UNDECIDED_STATUSES, gallery__in=scope.galleries)
    undecided = undecided.exclude(gallery__state=State.ARCHIVED)
    rows = _by_gallery(undecided, "gallery").annotate(since=Min("created_at")).order_by("since")
    return [
        Found(
            gallery_id=row["key"],
            words=ngettext("%(count)d edit to decide", "%(count)d edits to decide", row["count"])
            % row,
        )
        for row in rows[: scope.at_most]
    ]


def photos_not_shown(scope: Scope) -> list[Found]:
    """Photos that came after the first share and that the photographer has not shown yet."""
    waiting = Photo.objects.filter(
        is_shown=False,
        is_hidden=False,
        gallery__in=scope.galleries,
        # Of what is delivered nobody chooses any more, and those are most of a studio's photos.
        gallery__state__in=RUNNING_STATES,
    )
    rows = _by_gallery(waiting, "gallery").annotate(last=Max("created_at")).order_by("-last")
    return [
        Found(
            gallery_id=row["key"],
            words=ngettext(
                "%(count)d new photo that clients do not see yet",
                "%(count)d new photos that clients do not see yet",
                row["count"],
            )
            % row,
        )
        for row in rows[: scope.at_most]
    ]


def archiving_suggested(scope: Scope) -> list[Found]:
    """Delivered galleries whose time at hand is over."""
    rows = keeping.suggested().filter(pk__in=scope.galleries).order_by("opened_at")
    return [
        Found(gallery_id=key, words=_("Delivered, and its time at hand is over"))
        for key in rows.values_list("pk", flat=True)[: scope.at_most]
    ]
