"""The unit files as systemd reads them: settings by section, drop-ins included."""

from __future__ import annotations

import shlex
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

UNITS = Path("etc/systemd/system")
Settings = dict[str, dict[str, list[str]]]


@dataclass(frozen=True)
class Unit:
    """A unit below ``root``; a setting is the list of what was written for it, in order."""

    name: str
    settings: Settings

    def all(self, setting: str, section: str = "Service") -> list[str]:
        """Every value of a setting; an empty one forgets those before it, as systemd has it."""
        found: list[str] = []
        for value in self.settings[section][setting]:
            found = [*found, value] if value else []
        return found

    def words(self, setting: str, section: str = "Service") -> list[str]:
        return [word for value in self.all(setting, section) for word in shlex.split(value)]

    def one(self, setting: str, section: str = "Service") -> str:
        """The last value of a setting; "" where there is none."""
        return (self.all(setting, section) or [""])[-1]

    @property
    def command(self) -> list[str]:
        (line,) = self.all("ExecStart")
        return shlex.split(line)

    @property
    def environment(self) -> dict[str, str]:
        """What EnvironmentFile and Environment say; the later one wins, as in systemd.exec(5)."""
        said = dict(word.split("=", 1) for word in self.words("Environment"))
        for name in self.all("EnvironmentFile"):
            said |= environment_file(Path(name))
        return said

    @property
    def writable(self) -> list[str]:
        """The existing directories it may write to."""
        return [
            path.removeprefix("-")
            for path in self.words("ReadWritePaths")
            if not path.startswith("-") or Path(path[1:]).exists()
        ]


def environment_file(path: Path) -> dict[str, str]:
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return {name: shlex.split(value)[0] for name, _, value in (one.partition("=") for one in lines)}


def read_unit(root: Path, name: str) -> Unit:
    """A unit with its drop-ins: those of its own name, and those of the studio-… prefix."""
    folder = root / UNITS
    kind = name.rpartition(".")[2]
    dropins = [*folder.glob(f"{name}.d/*.conf"), *folder.glob(f"studio-.{kind}.d/*.conf")]
    settings: Settings = defaultdict(lambda: defaultdict(list))
    for path in [folder / name, *sorted(dropins, key=lambda path: path.name)]:
        _read_into(settings, path.read_text())
    return Unit(name, settings)


def _read_into(settings: Settings, text: str) -> None:
    section = ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            settings[section][name.strip()].append(value.strip())


def unit_names(root: Path, kind: str) -> list[str]:
    return sorted(path.name for path in (root / UNITS).glob(f"*.{kind}"))
