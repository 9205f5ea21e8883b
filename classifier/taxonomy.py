"""What Nod asks of a text and the labels that answer it: `taxonomy.toml`, read and checked.

Everything that trains, reads, shows or decides takes its label names from here, so another file
makes Nod a classifier for another job. A model version keeps the file it was trained on;
`current_taxonomy` is only for what has no version yet (the baseline, a new training, the game's
buttons).
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from classifier.keywords import Keyword
from classifier.reactions import ReactionKind

STARTER_TAXONOMY = Path(__file__).with_name("taxonomy.toml")

RULE_TABLES = ("keywords", "reactions")  # top-level tables that are not questions
REMOVED = "removed"  # the rule for any reaction that is taken back
KNOWN_RULES = {
    "keywords": tuple(keyword.value for keyword in Keyword),
    "reactions": (*(kind.value for kind in ReactionKind), REMOVED),
}
FEWEST_EXAMPLES = 3  # what a player needs to see to tell a label from its neighbours

# What acting wrongly on a label costs, where a person's look at a reply costs 1, if the file does
# not say.
USUAL_MISTAKE = 30.0

# A reading has these keys already; a further question's label stands under the question's name.
KEYS_OF_READINGS = ("intent", "confidence", "scores", "sentiment", "model", "tags")

# Names become dictionary keys, file keys, CSV columns and graph outputs: plain identifiers only.
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class TaxonomyError(ValueError):
    """The taxonomy file cannot be used. The message names the file, the key and what to do."""


@dataclass(frozen=True, slots=True)
class Label:
    """One answer to a question. `name` is the identifier everywhere; `title` is for people.

    `needs_person`: somebody has to answer, however surely it was read. `mistake` is what acting
    wrongly on it costs, in looks of a person; `floor` and `recall_floor`
    are the F1 and the share found below which no model goes live.
    """

    name: str
    title: str
    meaning: str
    emoji: str
    hotkey: str
    examples: tuple[str, ...]
    ends_texting: bool = False
    needs_person: bool = False
    mistake: float = USUAL_MISTAKE
    floor: float = 0.0
    recall_floor: float = 0.0


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a text. The order of `labels` is the order of every score vector."""

    name: str
    asks: str
    labels: tuple[Label, ...]
    precedence: tuple[str, ...]  # which label stands for a text that holds several, strongest first

    @property
    def label_names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.labels)

    def column(self, name: str | None) -> int | None:
        """Where this label stands in a score vector; None for "not labelled"."""
        return None if name is None else self.label_names.index(name)

    def label(self, name: str) -> Label:
        for label in self.labels:
            if label.name == name:
                return label
        raise KeyError(f"{name!r} is no label of the question {self.name!r}")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a keyword or reaction means: words to be read in its place, or a label per question."""

    read_as: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taxonomy:
    questions: tuple[Question, ...]
    keywords: Mapping[str, Rule]  # by Keyword
    reactions: Mapping[str, Rule]  # by ReactionKind, or REMOVED
    source: str  # the file's own text, copied into every model version trained on it

    @property
    def primary(self) -> Question:
        return self.questions[0]

    def question(self, name: str) -> Question | None:
        return next((question for question in self.questions if question.name == name), None)

    @property
    def question_names(self) -> list[str]:
        return [question.name for question in self.questions]

    @property
    def label_names(self) -> dict[str, tuple[str, ...]]:
        """Question -> its labels: what has to agree before two models can be compared."""
        return {question.name: question.label_names for question in self.questions}


def current_taxonomy() -> Taxonomy:
    return _read_once(Path(settings.TAXONOMY_FILE))


@cache
def _read_once(path: Path) -> Taxonomy:
    return load_taxonomy(path)


def load_taxonomy(path: Path) -> Taxonomy:
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise TaxonomyError(
            f"{path}: cannot be read ({exc}). Give the path of a UTF-8 TOML file."
        ) from exc
    return parse_taxonomy(source, file=str(path))


def parse_taxonomy(source: str, *, file: str) -> Taxonomy:
    try:
        tables = tomllib.loads(source)
    except tomllib.TOMLDecodeError as exc:
        raise TaxonomyError(f"{file}: is not valid TOML: {exc}. Correct that line.") from exc
    questions = tuple(
        _question(name, table, file) for name, table in tables.items() if name not in RULE_TABLES
    )
    if not questions:
        raise TaxonomyError(f"{file}: has no question. Add a table such as [intent] with labels.")
    for question in questions[1:]:
        if question.name in KEYS_OF_READINGS:
            raise TaxonomyError(f"{file}: [{question.name}] is a key of readings: rename it.")
    return Taxonomy(
        questions=questions,
        keywords=_rules(tables, "keywords", questions, file),
        reactions=_rules(tables, "reactions", questions, file),
        source=source,
    )


def _question(name: str, table: Any, file: str) -> Question:
    where = f"{file}: [{name}]"
    _check_name(name, where)
    tables = _table(table, where).get("labels")
    if not isinstance(tables, dict) or len(tables) < 2:
        raise TaxonomyError(f"{where} needs at least two [{name}.labels.…] tables: add them.")
    labels = tuple(
        _label(key, value, f"{file}: [{name}.labels.{key}]") for key, value in tables.items()
    )
    _check_hotkeys(labels, where)
    precedence = tuple(table.get("precedence", tables))
    if sorted(precedence) != sorted(tables):
        raise TaxonomyError(f"{where} `precedence` must name each label once: {', '.join(tables)}.")
    return Question(name, _words(table, "asks", where), labels, precedence)


def _label(name: str, table: Any, where: str) -> Label:
    _check_name(name, where)
    table = _table(table, where)
    examples = table.get("examples", ())
    if len(examples) < FEWEST_EXAMPLES or not all(isinstance(words, str) for words in examples):
        raise TaxonomyError(f"{where} `examples` needs {FEWEST_EXAMPLES} or more texts: add some.")
    return Label(
        name=name,
        title=_words(table, "title", where),
        meaning=_words(table, "meaning", where),
        emoji=_words(table, "emoji", where),
        hotkey=_words(table, "hotkey", where),
        examples=tuple(examples),
        ends_texting=_flag(table, "ends_texting", where),
        needs_person=_flag(table, "needs_person", where),
        mistake=_number(table, "mistake", USUAL_MISTAKE, where, least=1.0, most=1e6),
        floor=_number(table, "floor", 0.0, where, least=0.0, most=1.0),
        recall_floor=_number(table, "recall_floor", 0.0, where, least=0.0, most=1.0),
    )


def _rules(
    tables: dict[str, Any], key: str, questions: tuple[Question, ...], file: str
) -> dict[str, Rule]:
    rules = {}
    for name, table in _table(tables.get(key, {}), f"{file}: [{key}]").items():
        where = f"{file}: [{key}] {name}"
        if name not in KNOWN_RULES[key]:
            raise TaxonomyError(f"{where} is unknown. Use one of: {', '.join(KNOWN_RULES[key])}.")
        rules[name] = _rule(_table(table, where), questions, where)
    return rules


def _rule(table: dict[str, Any], questions: tuple[Question, ...], where: str) -> Rule:
    if "read_as" in table:
        return Rule(read_as=_words(table, "read_as", where))
    for question in questions:
        if table.get(question.name) not in question.label_names:
            raise TaxonomyError(
                f"{where} needs `{question.name}` = one of {', '.join(question.label_names)}"
                " (or `read_as` = words that are read in its place)."
            )
    return Rule(labels={question.name: table[question.name] for question in questions})


def _check_name(name: str, where: str) -> None:
    if not _NAME.fullmatch(name):
        raise TaxonomyError(
            f"{where} must be named in small letters, digits and _ only: rename it."
        )


def _check_hotkeys(labels: tuple[Label, ...], where: str) -> None:
    keys = [label.hotkey for label in labels]
    if len(set(keys)) < len(keys) or any(len(key) != 1 for key in keys):
        raise TaxonomyError(f"{where} each `hotkey` must be one character, used once: {keys}.")


def _words(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise TaxonomyError(f'{where} has no `{key}`: add {key} = "…".')
    return value


def _flag(table: dict[str, Any], key: str, where: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise TaxonomyError(f"{where} `{key}` must be true or false.")
    return value


def _number(
    table: Mapping[str, Any], key: str, usual: float, where: str, *, least: float, most: float
) -> float:
    value = table.get(key, usual)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise TaxonomyError(f"{where} `{key}` must be a number from {least:g} to {most:g}.")
    return float(value)


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TaxonomyError(f"{where} must be a table, not {value!r}.")
    return value
