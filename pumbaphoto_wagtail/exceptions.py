"""Every error the package raises on purpose. The docstring of each class is its message.

Views, commands and tasks turn them into words and status codes at one place each; nothing outside
the package has to know more than :class:`PumbaphotoError`.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _


class PumbaphotoError(Exception):
    """Something did not work."""

    # The docstring once more where people get to read it, for translators to find; said in the
    # language that is spoken where it is raised.
    words = ""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or str(self.words or self.__doc__))


# --- Storage -----------------------------------------------------------------------------------


class StorageOffline(PumbaphotoError):
    """The photo storage is not there at the moment."""

    words = _("The photo storage is not there at the moment.")


class StorageUnknown(StorageOffline):
    """The settings name no such storage."""


class StorageFull(PumbaphotoError):
    """The photo storage is full."""

    words = _("The photo storage is full.")


class NameTaken(PumbaphotoError):
    """A file of that name is there already; nothing was overwritten."""


class BytesDiffer(PumbaphotoError):
    """The stored bytes are not the ones that were expected."""

    words = _("The stored bytes are not the ones that were expected.")


class DifferentDevices(PumbaphotoError):
    """The two storages are not on one device, so a file cannot be linked from one to the other."""


# --- Intake ------------------------------------------------------------------------------------


class FileRefused(PumbaphotoError):
    """This file cannot be accepted."""

    words = _("This file cannot be accepted.")


class AlreadyThere(PumbaphotoError):
    """This file is in the gallery already."""

    words = _("This file is in the gallery already.")


class Skipped(PumbaphotoError):
    """A photo with this name is here already, and was to stay as it is."""

    words = _("A photo with this name is here already, and was to stay as it is.")


class DecisionNeeded(PumbaphotoError):
    """This photo is in the gallery with other bytes, and nobody has decided yet."""

    words = _("This photo is in the gallery with other bytes, and nobody has decided yet.")


class AnsweredOtherwise(PumbaphotoError):
    """This was decided otherwise already."""

    words = _("This was decided otherwise already.")


class ClockNotSet(PumbaphotoError):
    """The clock of this camera cannot be set like that."""

    words = _("The clock of this camera cannot be set like that.")


class FileInHands(PumbaphotoError):
    """Somebody is working on this file."""

    words = _("Somebody is working on this file.")


class RenderFailed(PumbaphotoError):
    """No picture could be made of this file."""

    words = _("No picture could be made of this file.")


class MarkNotDrawn(PumbaphotoError):
    """This watermark cannot be drawn."""

    words = _("This watermark cannot be drawn.")


class ScannerUnavailable(PumbaphotoError):
    """The virus scanner did not answer."""

    words = _("The virus scanner did not answer.")


# --- Library -----------------------------------------------------------------------------------


class PatternsRefused(PumbaphotoError):
    """These patterns cannot be used."""

    words = _("These patterns cannot be used.")

    def __init__(self, mistakes: dict[int, str]) -> None:
        # What is wrong in words, by the number of the line, from 1.
        self.mistakes = mistakes
        lines = (f"{number}: {words}" for number, words in sorted(mistakes.items()))
        super().__init__("\n".join(lines))


class ScanUnderWay(PumbaphotoError):
    """This library is being scanned already."""

    words = _("This library is being scanned already.")


class LibraryIsRead(PumbaphotoError):
    """A library is only read; nothing is ever written there."""

    words = _("A library is only read; nothing is ever written there.")


class NotInLibrary(PumbaphotoError):
    """This does not exist."""

    words = _("This does not exist.")


class SiteNotSetUp(PumbaphotoError):
    """This site cannot be set up as it was asked for."""

    words = _("This site cannot be set up as it was asked for.")


# --- Films -------------------------------------------------------------------------------------


class FilmRefused(PumbaphotoError):
    """This is not the address of a film that can be shown here."""

    words = _("This is not the address of a film that can be shown here.")


class NotFetched(PumbaphotoError):
    """The film's picture could not be fetched."""

    words = _("The film's picture could not be fetched.")


# --- Downloads ---------------------------------------------------------------------------------


class SumsUnknown(PumbaphotoError):
    """The CRC-32 of some files has to be computed before a ZIP can hold them."""


# --- Hand-off ----------------------------------------------------------------------------------


class SidecarRefused(PumbaphotoError):
    """This is no XMP sidecar, or none that can be read safely."""

    words = _("This is no XMP sidecar, or none that can be read safely.")


# --- Workflow ----------------------------------------------------------------------------------


class TransitionNotAllowed(PumbaphotoError):
    """The gallery is not in a state that allows this."""

    words = _("The gallery is not in a state that allows this.")


class StaleState(PumbaphotoError):
    """The gallery has changed in the meantime."""

    words = _("The gallery has changed in the meantime.")


class DecidedMeanwhile(PumbaphotoError):
    """Somebody else has decided this in the meantime."""

    words = _("Somebody else has decided this in the meantime.")


class SelectionClosed(PumbaphotoError):
    """This selection has been sent already."""

    words = _("This selection has been sent already.")


class LimitExceeded(PumbaphotoError):
    """This is more than the gallery allows."""

    words = _("This is more than the gallery allows.")


# --- E-mails -----------------------------------------------------------------------------------


class NothingToSay(PumbaphotoError):
    """There is no reason for this e-mail any more."""

    words = _("There is no reason for this e-mail any more.")
