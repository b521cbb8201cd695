"""The form of a library: where it lies, what its folders become, and for whom."""

from __future__ import annotations

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from wagtail.models import Site

from ..conf import settings
from ..exceptions import PatternsRefused, PumbaphotoError
from ..intake.library import folder_patterns
from ..intake.library.browsing import list_folder
from ..models import Gallery, Library
from ..permissions import gallery_policy, library_policy
from ..storage import in_time
from .creation import index_pages_for
from .judged_snippets import KeptInCollectionForm

# To find one folder.
PATIENCE_SECONDS = 4


class LibraryForm(KeptInCollectionForm):
    """Which folder of the server it is may be changed only by who may add libraries: whoever can
    choose it can read everything the storage holds.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._offer_storages()
        self._offer_owners()
        self._offer_sites()
        self._offer_index_pages()
        if not self._may_move():
            self.fields["storage"].disabled = self.fields["folder"].disabled = True

    def _may_move(self) -> bool:
        if self.for_user is None or self.instance._state.adding:
            return True
        return library_policy.user_has_permission_for_instance(self.for_user, "add", self.instance)

    def _offer_storages(self) -> None:
        field = self.fields["storage"]
        names = [*settings.LIBRARY_STORAGES]
        if self.instance.storage and self.instance.storage not in names:
            # It was taken out of the settings since; the form must still be able to be saved.
            names.append(self.instance.storage)
        self.fields["storage"] = forms.ChoiceField(
            label=field.label, help_text=field.help_text, choices=[(name, name) for name in names]
        )

    def _offer_owners(self) -> None:
        """Colleagues who may make galleries where this user keeps libraries, and who has it now."""
        keys = {self.instance.owner_id, self.for_user and self.for_user.pk, *self._colleagues()}
        field = self.fields["owner"]
        field.queryset = get_user_model().objects.filter(pk__in=keys - {None}).order_by("pk")
        field.empty_label = None
        if self.instance._state.adding and self.for_user is not None:
            field.initial = self.for_user.pk

    def _colleagues(self) -> set[int]:
        if self.for_user is None or self.for_user.is_superuser:
            return {*gallery_policy.users_with_any_permission(["add"]).values_list("pk", flat=True)}
        kept_in = library_policy.collections_user_has_any_permission_for(
            self.for_user, ["add", "change"]
        )
        found = set()
        for collection in kept_in:
            here = Gallery(collection=collection)
            users = gallery_policy.users_with_any_permission_for_instance(["add"], here)
            # Who looks after the server is nobody's colleague here.
            found |= {*users.filter(is_superuser=False).values_list("pk", flat=True)}
        return found

    def _offer_sites(self) -> None:
        sites = Site.objects.order_by("-is_default_site", "hostname")
        field = self.fields["site"]
        field.queryset, field.empty_label = sites, None
        if self.instance._state.adding:
            field.initial = sites.values_list("pk", flat=True).first()
        if len(sites[:2]) == 1:
            self.instance.site = sites[0]
            del self.fields["site"]

    def _offer_index_pages(self) -> None:
        """Below which this user may add pages, and the one that is chosen already."""
        field = self.fields["index_page"]
        pages = field.queryset.filter(pk=self.instance.index_page_id)
        if self.for_user is not None:
            pages = pages | field.queryset.filter(
                pk__in=index_pages_for(self.for_user).values("pk")
            )
        self.fields["index_page"] = IndexPageChoice(
            label=field.label,
            help_text=field.help_text,
            queryset=pages.order_by("path"),
            required=False,
            empty_label=_("No pages for now"),
        )

    def clean_folder(self) -> str:
        return self.cleaned_data["folder"].strip().strip("/")

    def clean_patterns(self) -> str:
        return self._parsed("patterns", folder_patterns.parse)

    def clean_ignores(self) -> str:
        return self._parsed("ignores", folder_patterns.parse_ignores)

    def _parsed(self, name: str, parse) -> str:
        text = self.cleaned_data[name].replace("\r\n", "\n")
        try:
            parse(text)
        except PatternsRefused as refused:
            words = _("Line %(number)d: %(why)s")
            raise forms.ValidationError(
                [
                    words % {"number": number, "why": why}
                    for number, why in sorted(refused.mistakes.items())
                ]
            ) from refused
        return text

    def clean(self) -> dict:
        data = super().clean()
        if data.get("index_page") and (site := data["index_page"].get_site()):
            self.instance.site = data["site"] = site
        collection = data.get("collection") or self.instance.collection
        owner = data.get("owner")
        if owner and not gallery_policy.user_has_permission_for_instance(
            owner, "add", Gallery(collection=collection)
        ):
            words = _("%(name)s may not make galleries in this collection.")
            self.add_error("owner", words % {"name": owner})
        if "storage" in data and "folder" in data and self._is_elsewhere(data):
            self._check_folder(data["storage"], data["folder"], collection)
        return data

    def _is_elsewhere(self, data: dict) -> bool:
        return self.instance._state.adding or bool({"storage", "folder"} & {*self.changed_data})

    def _check_folder(self, storage: str, folder: str, collection) -> None:
        if self._is_anothers(storage, folder):
            self.add_error("folder", _("This folder belongs to somebody else’s library."))
            return
        library = Library(storage=storage, folder=folder, collection=collection)
        try:
            in_time(lambda: list_folder(library, ""), PATIENCE_SECONDS)
        except (PumbaphotoError, OSError) as failure:
            words = _("This folder could not be read: %(why)s")
            self.add_error("folder", words % {"why": failure})

    def _is_anothers(self, storage: str, folder: str) -> bool:
        """Whether it lies in, or around, a library of which this user may not know."""
        if self.for_user is None or self.for_user.is_superuser:
            return False
        mine = library_policy.instances_user_has_permission_for(self.for_user, "view")
        others = Library.objects.filter(storage=storage).exclude(pk__in=mine.values("pk"))
        return any(
            _is_within(folder, other) or _is_within(other, folder)
            for other in others.values_list("folder", flat=True)
        )


def _is_within(folder: str, other: str) -> bool:
    return not other or f"{folder}/".startswith(f"{other}/")


class IndexPageChoice(forms.ModelChoiceField):
    """An index page, by its title and, where there are several sites, its address."""

    def label_from_instance(self, page) -> str:
        address = page.get_url_parts()
        return f"{page.title} ({address[1]}{address[2]})" if address else page.title
