"""Deleting a gallery: what goes with it is named, and its title has to be typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from ..delivery.erasing import delete_gallery
from ..delivery.losses import Losses, what_goes
from ..intake.gallery_pages import gallery_page_model
from ..models import Gallery
from .addresses import galleries_url
from .rooms import GalleryView


class TypedTitleForm(forms.Form):
    """The gallery's title, typed once more."""

    title = forms.CharField(
        label=gettext_lazy("Type its title to confirm"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, data=None, *, gallery: Gallery) -> None:
        super().__init__(data)
        self.gallery = gallery

    def clean_title(self) -> str:
        typed = self.cleaned_data["title"]
        if typed.split() != self.gallery.title.split():
            raise forms.ValidationError(_("This is not its title."))
        return typed


class DeleteGalleryView(GalleryView):
    """``GET`` says what goes, ``POST`` with the title deletes it."""

    tab = "settings"
    permission_required = "delete"
    post_permission_required = "delete"
    template_name = "pumbaphoto_wagtail/admin/delete_gallery.html"

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        form = TypedTitleForm(request.POST, gallery=self.gallery)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        delete_with_pages(self.gallery, actor=request.user)
        words = _("“%(title)s” is deleted. Its files are being taken from the storage.")
        messages.success(request, words % {"title": self.gallery.title})
        return redirect(galleries_url())

    def get_context_data(self, **kwargs) -> dict:
        kwargs.setdefault("form", TypedTitleForm(gallery=self.gallery))
        losses = what_goes(self.gallery)
        return super().get_context_data(
            losses=losses,
            goes=[*losses_in_words(losses), *pages_in_words(self.gallery, self.request.user)],
            stays=what_stays_in_words(losses),
            **kwargs,
        )


@transaction.atomic
def delete_with_pages(gallery: Gallery, *, actor) -> None:
    """Delete a gallery, and of its pages those that this user may delete; others that they may
    unpublish are unpublished. Whoever comes to one of the rest meets no gallery there.
    """
    goes, is_unpublished, _stays = sort_pages(gallery, actor)
    delete_gallery(gallery, actor=actor)
    for page in is_unpublished:
        page.unpublish(user=actor)
    for page in goes:
        page.delete(user=actor)


def sort_pages(gallery: Gallery, user) -> tuple[list, list, list]:
    """The pages that present a gallery: those that go with it, that are unpublished, that stay."""
    goes, is_unpublished, stays = [], [], []
    for page in pages_of(gallery):
        can = page.permissions_for_user(user)
        if can.can_delete() and not page.numchild:
            goes.append(page)
        elif not page.live or can.can_unpublish():
            is_unpublished.append(page)
        else:
            stays.append(page)
    return goes, [page for page in is_unpublished if page.live], stays


def pages_of(gallery: Gallery) -> QuerySet:
    """The pages that present a gallery."""
    return gallery_page_model().objects.filter(gallery=gallery).order_by("pk")


# --- In words ------------------------------------------------------------------------------------


def losses_in_words(losses: Losses) -> list[str]:
    """What goes, line by line; what there is none of is left out."""
    counts: Iterable[tuple[int, Callable[[int], str]]] = (
        (losses.photos, lambda n: ngettext("%(count)s photo", "%(count)s photos", n)),
        (losses.edits, lambda n: ngettext("%(count)s edit", "%(count)s edits", n)),
        (losses.videos, lambda n: ngettext("%(count)s film", "%(count)s films", n)),
        (
            losses.selections,
            lambda n: ngettext(
                "%(count)s selection, with its hearts and notes",
                "%(count)s selections, with their hearts and notes",
                n,
            ),
        ),
        (
            losses.deliveries,
            lambda n: ngettext(
                "%(count)s delivery: clients cannot download it any more",
                "%(count)s deliveries: clients cannot download them any more",
                n,
            ),
        ),
        (
            losses.links,
            lambda n: ngettext(
                "%(count)s share link: it opens nothing any more",
                "%(count)s share links: they open nothing any more",
                n,
            ),
        ),
        (
            losses.published,
            lambda n: ngettext(
                "%(count)s published photo: it is taken down, with the consent to it",
                "%(count)s published photos: they are taken down, with the consents to them",
                n,
            ),
        ),
    )
    lines = [words(count) % {"count": localize(count)} for count, words in counts if count]
    return [*lines, _files_in_words(losses)]


def _files_in_words(losses: Losses) -> str:
    words = ngettext(
        "%(count)s file and all pictures made of it: %(size)s on the storage",
        "%(count)s files and all pictures made of them: %(size)s on the storage",
        losses.files,
    )
    return words % {"count": localize(losses.files), "size": filesizeformat(losses.size)}


def pages_in_words(gallery: Gallery, user) -> list[str]:
    """What becomes of its pages."""
    goes, is_unpublished, stays = sort_pages(gallery, user)
    told = (
        (goes, _("the page “%(title)s”")),
        (is_unpublished, _("the page “%(title)s” is unpublished: you may not delete it")),
        (stays, _("the page “%(title)s” stays, without photos: you may not unpublish it")),
    )
    return [words % {"title": page.title} for pages, words in told for page in pages]


def what_stays_in_words(losses: Losses) -> list[str]:
    """What stays, and what goes later, and why."""
    lines = []
    if losses.shared:
        words = ngettext(
            "%(count)s file stays: another gallery uses it.",
            "%(count)s files stay: other galleries use them.",
            losses.shared,
        )
        lines.append(words % {"count": localize(losses.shared)})
    if losses.in_library:
        words = ngettext(
            "%(count)s file in your own library is not touched.",
            "%(count)s files in your own library are not touched.",
            losses.in_library,
        )
        lines.append(words % {"count": localize(losses.in_library)})
    for disk in losses.absent:
        words = _("%(count)s files lie on “%(disk)s”, which is not there: they go once it is back.")
        lines.append(words % {"count": localize(disk.files), "disk": disk.alias})
    return lines
