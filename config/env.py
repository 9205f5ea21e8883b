"""Typed readers for environment variables.

Settings are read before anything can be reported nicely, so a mistake is not raised here: the
default stands in, the mistake is kept in `mistakes`, and the system check in `config/checks.py`
stops the start with one sentence for each of them.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


@dataclass
class Env:
    """Reads one mapping of environment variables; an empty value counts as not set."""

    values: Mapping[str, str] = field(default_factory=lambda: os.environ)
    mistakes: list[str] = field(default_factory=list)

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(name, "").strip() or default

    def flag(self, name: str, default: bool = False) -> bool:
        raw = self.text(name).lower()
        if not raw:
            return default
        if raw not in TRUE | FALSE:
            self.mistakes.append(f"{name} is {raw!r}: write 1 or 0.")
            return default
        return raw in TRUE

    def number(
        self, name: str, default: int, *, at_least: int = 0, at_most: int | None = None
    ) -> int:
        raw = self.text(name)
        if not raw:
            return default
        try:
            number = int(raw)
        except ValueError:
            self.mistakes.append(f"{name} is {raw!r}: write a whole number.")
            return default
        if number < at_least:
            self.mistakes.append(f"{name} is {number}: the least that works is {at_least}.")
            return default
        if at_most is not None and number > at_most:
            self.mistakes.append(f"{name} is {number}: the most that works is {at_most}.")
            return default
        return number

    def numbers(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        raw = self.text(name)
        if not raw:
            return default
        try:
            return tuple(int(part) for part in raw.split(","))
        except ValueError:
            self.mistakes.append(f"{name} is {raw!r}: write whole numbers with commas between.")
            return default

    def share(self, name: str, default: float) -> float:
        raw = self.text(name)
        if not raw:
            return default
        try:
            share = float(raw)
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            self.mistakes.append(f"{name} is {raw!r}: write a number from 0 to 1, such as 0.02.")
            return default
        return share

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        raw = self.text(name, default)
        if raw.lower() not in choices:
            self.mistakes.append(f"{name} is {raw!r}: write one of {', '.join(choices)}.")
            return default
        return raw.lower()

    def url(self, name: str, default: str = "", *, schemes: tuple[str, ...]) -> str:
        """The value is not repeated in a mistake: URLs of databases hold passwords."""
        raw = self.text(name, default)
        if raw and not _is_url(raw, schemes):
            self.mistakes.append(f"{name} is no URL that begins with {_beginnings(schemes)}.")
            return default
        return raw

    def urls(self, name: str, *, schemes: tuple[str, ...]) -> list[str]:
        found = self.words(name)
        if all(_is_url(each, schemes) for each in found):
            return found
        self.mistakes.append(
            f"{name} holds what is no URL that begins with {_beginnings(schemes)}: write URLs "
            "with commas between."
        )
        return []

    def words(self, name: str) -> list[str]:
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def path(self, name: str, default: Path) -> Path:
        raw = self.text(name)
        return Path(raw).expanduser().absolute() if raw else default


def _is_url(raw: str, schemes: tuple[str, ...]) -> bool:
    try:
        scheme = urlsplit(raw).scheme
        _ = urlsplit(raw).port  # parsed only when asked for
    except ValueError:
        return False
    return scheme in schemes


def _beginnings(schemes: tuple[str, ...]) -> str:
    return " or ".join(f"{each}://" for each in schemes)
