"""The shoots of the demonstration studio."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Shoot:
    """One gallery of the demo; ``share`` is its part of all photographs."""

    title: str
    client: str
    email: str
    days_ago: int
    preset: str
    share: float
    sections: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


WEDDING = Shoot(
    title="Anna & Tom, wedding",
    client="Anna Berg",
    email="anna@example.com",
    days_ago=9,
    preset="wedding",
    share=0.34,
    sections=("Ceremony", "Party"),
)
# Its client was to choose until four days ago, and has only begun.
CONFIRMATION = Shoot(
    title="Siri's confirmation",
    client="Lena Dahl",
    email="lena@example.com",
    days_ago=30,
    preset="portrait",
    share=0.08,
)
# Its edits are here, and two of them wait for the photographer's word.
CAFE = Shoot(
    title="The café in the harbour",
    client="Nils Ek",
    email="nils@example.com",
    days_ago=16,
    preset="portrait",
    share=0.08,
)
PORTRAIT = Shoot(
    title="Elsa, portraits by the sea",
    client="Elsa Holm",
    email="elsa@example.com",
    days_ago=23,
    preset="portrait",
    share=0.2,
    notes=("A little brighter, please.", "In black and white as well?"),
)
FAMILY = Shoot(
    title="The Nyström family",
    client="Karin Nyström",
    email="karin@example.com",
    days_ago=48,
    preset="portrait",
    share=0.15,
)
# Shown to everybody, on a page of its own.
SUMMER = Shoot(
    title="Summer on the island",
    client="",
    email="",
    days_ago=80,
    preset="finished",
    share=0.15,
)
SHOOTS = (WEDDING, CONFIRMATION, CAFE, PORTRAIT, FAMILY, SUMMER)
