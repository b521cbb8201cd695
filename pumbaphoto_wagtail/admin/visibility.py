"""The question "Who can see this?" on the Sharing tab."""

from __future__ import annotations

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, Group
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..albums import offer_above
from ..models import AccessPolicy, Gallery
from . import who_sees
from .who_sees import EVERYONE, INHERITED, LINKS, MEMBERS, UNLISTED

MOST_NAMED = 200
# Of a gallery, and of an index page.
ANSWERS = (
    (LINKS, gettext_lazy("Nobody but me, and people with a link of mine")),
    (MEMBERS, gettext_lazy("Members: people and groups that I name, when they are signed in")),
    (
        UNLISTED,
        gettext_lazy("Everyone who knows the address: it gets one that nobody can guess"),
    ),
    (EVERYONE, gettext_lazy("Everyone")),
)
# What the answers about downloads mean; None: as the gallery's place on the site.
OFFERS = {"": None, "yes": True, "no": False}


class MembersForm(forms.Form):
    """An answer to "Who can see this?", the members it names, and whether there are ZIPs for them.

    People are written by their user name or e-mail address: a list to choose from would show one
    studio the other's clients.
    """

    answer = forms.ChoiceField(label=gettext_lazy("Who can see this?"), widget=forms.RadioSelect)
    people = forms.CharField(
        label=gettext_lazy("People"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy("User names or e-mail addresses of people with an account here."),
    )
    groups = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"),
        label=gettext_lazy("Groups"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    offers_zip = forms.ChoiceField(
        label=gettext_lazy("Downloads without a link"),
        required=False,
        help_text=gettext_lazy(
            "A ZIP for those who can look without a link, in the size for screens, with your "
            "watermark where there is one. Originals are never in it."
        ),
    )

    may_be_asked = forms.ChoiceField(
        label=gettext_lazy("Asking for access"),
        required=False,
        help_text=gettext_lazy(
            "Whoever comes to an address here that they may not see, or that is none, finds a form "
            "to write to you. Nobody learns from it what there is."
        ),
    )

    def __init__(self, data=None, **options) -> None:
        super().__init__(data, **options)
        if not Group.objects.exists():
            del self.fields["groups"]

    def clean_people(self) -> list[AbstractBaseUser]:
        names = [*dict.fromkeys(self.cleaned_data["people"].replace(",", " ").split())]
        if len(names) > MOST_NAMED:
            raise forms.ValidationError(_("These are too many. Name a group instead."))
        found = {name: _find_user(name) for name in names}
        unknown = [name for name, user in found.items() if user is None]
        if unknown:
            raise forms.ValidationError(
                _("Nobody here has this name or address: %(names)s"),
                params={"names": ", ".join(unknown)},
            )
        return [*found.values()]

    def clean(self) -> dict:
        data = super().clean()
        names_nobody = not (data.get("people") or data.get("groups"))
        if data.get("answer") == MEMBERS and names_nobody and "people" not in self.errors:
            self.add_error("people", _("Name somebody, or a group."))
        return data


class VisibilityForm(MembersForm):
    """Who sees a gallery; and whether index pages name it, and visitors may ask for access."""

    is_listed = forms.BooleanField(
        label=gettext_lazy("Listed"),
        required=False,
        help_text=gettext_lazy("Index pages and search engines may name it to who can see it."),
    )

    def __init__(self, data=None, *, gallery: Gallery) -> None:
        self.gallery = gallery
        super().__init__(data, initial=_initial(gallery))
        self.fields["answer"].choices = _answers(gallery)
        self.fields["offers_zip"].choices = _album_answers(gallery)
        self.fields["may_be_asked"].choices = [
            ("", _("As its place on the site")),
            ("yes", _("May be asked for, where its place on the site offers the form")),
            ("no", _("May not be asked for")),
        ]

    def save(self, actor) -> bool:
        """Store the answer; whether it is another one than before."""
        data = self.cleaned_data
        return who_sees.set_visibility(
            self.gallery,
            actor=actor,
            answer=data["answer"],
            users=data["people"],
            groups=data.get("groups", ()),
            is_listed=data["is_listed"],
            offers_zip=OFFERS[data["offers_zip"]],
            may_be_asked=OFFERS[data["may_be_asked"]],
        )


def _answers(gallery: Gallery) -> list[tuple[str, str]]:
    answers = [*ANSWERS]
    above = who_sees.policy_above(gallery)
    if above is not None:
        words = _("As its place on the site: “%(page)s” decides") % {"page": above.page.title}
        answers.append((INHERITED, words))
    return answers


def _album_answers(gallery: Gallery) -> list[tuple[str, str]]:
    above = offer_above(gallery)
    if above is None:
        words = _("As everywhere: they may be downloaded")
    elif above.offers_zip:
        words = _("As the page “%(page)s” says: they may be downloaded")
    else:
        words = _("As the page “%(page)s” says: they may not be downloaded")
    title = above.page.title if above else ""
    return [
        ("", words % {"page": title} if above else words),
        ("yes", _("The photos may be downloaded")),
        ("no", _("The photos may not be downloaded")),
    ]


def _initial(gallery: Gallery) -> dict:
    kept = AccessPolicy.objects.filter(gallery=gallery).first()
    given = {value: name for name, value in OFFERS.items()}
    policy = who_sees.own_policy(gallery)
    return {
        "answer": who_sees.present_answer(gallery),
        "people": "\n".join(user.get_username() for user in policy.users.all()) if policy else "",
        "groups": [*policy.groups.all()] if policy else [],
        "is_listed": gallery.is_listed,
        "offers_zip": given[kept.offers_zip if kept else None],
        "may_be_asked": given[kept.may_be_asked if kept else None],
    }


def _find_user(name: str) -> AbstractBaseUser | None:
    """The one active user of that name or address; two of one address are nobody."""
    model = get_user_model()
    by_name = Q(**{model.USERNAME_FIELD: name})
    by_email = Q(**{f"{model.get_email_field_name()}__iexact": name})
    active = model.objects.filter(is_active=True)
    found = active.filter(by_name)[:1] or active.filter(by_email)[:2]
    return found[0] if len(found) == 1 else None
