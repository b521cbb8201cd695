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
    # For a gallery that everybody may see: the albums of the portfolio on the way to it.
    albums: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


WEDDING = Shoot(
    title="Anna & Tom, wedding",
    client="Anna Berg",
    email="anna@example.com",
    days_ago=9,
    preset="wedding",
    share=0.3,
    sections=("Ceremony", "Party"),
)
# Its client was to choose until four days ago, and has only begun.
CONFIRMATION = Shoot(
    title="Siri's confirmation",
    client="Lena Dahl",
    email="lena@example.com",
    days_ago=30,
    preset="portrait",
    share=0.075,
)
# Its edits are here, and two of them wait for the photographer's word.
CAFE = Shoot(
    title="The café in the harbour",
    client="Nils Ek",
    email="nils@example.com",
    days_ago=16,
    preset="portrait",
    share=0.075,
)
PORTRAIT = Shoot(
    title="Elsa, portraits by the sea",
    client="Elsa Holm",
    email="elsa@example.com",
    days_ago=23,
    preset="portrait",
    share=0.185,
    notes=("A little brighter, please.", "In black and white as well?"),
)
FAMILY = Shoot(
    title="The Nyström family",
    client="Karin Nyström",
    email="karin@example.com",
    days_ago=48,
    preset="portrait",
    share=0.13,
)
# Shown to everybody: of three years, and one of them in an album.
SUMMER = Shoot(
    title="Summer on the island", client="", email="", days_ago=80, preset="finished", share=0.1
)
MIDSUMMER = Shoot(
    title="Midsummer in the village",
    client="",
    email="",
    days_ago=450,
    preset="finished",
    share=0.07,
)
HARBOUR = Shoot(
    title="Lina & Johan in the harbour",
    client="",
    email="",
    days_ago=800,
    preset="finished",
    share=0.08,
    albums=("Weddings",),
)
IN_PORTFOLIO = (SUMMER, MIDSUMMER, HARBOUR)
SHOOTS = (WEDDING, CONFIRMATION, CAFE, PORTRAIT, FAMILY, *IN_PORTFOLIO)
