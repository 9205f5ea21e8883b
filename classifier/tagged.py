"""How well do the rules of subtags.py find what a reader finds? Texts tagged by hand, and a
count. Pure but for reading the file.

A row is one of the starter set's with `"tags": ["frustration"]`, empty where there is nothing to
tag. Label and tone are taken as they stand in the row: the rules are measured here, not the model
that reads.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from classifier import rules
from classifier.data import DATA_FOLDER, DataError, Row, read_rows
from classifier.readings import TONE
from classifier.subtags import TAGS, tags_of
from classifier.taxonomy import Taxonomy

FOLDER = DATA_FOLDER / "subtags"
TUNED_ON = FOLDER / "tuned_on.jsonl"  # the rules were written with these in sight
HELD_OUT = FOLDER / "held_out.jsonl"  # tagged and measured with once the rules were done
WRITTEN = FOLDER / "written.jsonl"  # for what the starter set hardly has; before the rules
SHIPPED = (TUNED_ON, HELD_OUT, WRITTEN)


@dataclass(frozen=True, slots=True)
class TaggedRow:
    row: Row
    tags: frozenset[str]


@dataclass(slots=True)
class Found:
    """By tag."""

    by_hand: Counter[str] = field(default_factory=Counter)  # rows that were tagged with it
    rules: Counter[str] = field(default_factory=Counter)  # rows that the rules gave it
    both: Counter[str] = field(default_factory=Counter)
    missed: list[tuple[str, str]] = field(default_factory=list)  # (tag, text)
    wrong: list[tuple[str, str]] = field(default_factory=list)


def tagged_rows(path: Path, taxonomy: Taxonomy) -> list[TaggedRow]:
    return [TaggedRow(row, _tags(row)) for row in read_rows(path, taxonomy)]


def found_in(
    rows: Iterable[TaggedRow],
    taxonomy: Taxonomy,
    *,
    with_tone: bool = True,
    on_row: Callable[[], object] = lambda: None,
) -> Found:
    """Without the tone: what is found where a model reads every text as neutral."""
    found = Found()
    for tagged in rows:
        given = _given(tagged.row, taxonomy, with_tone=with_tone)
        for tag in TAGS:
            found.by_hand[tag] += tag in tagged.tags
            found.rules[tag] += tag in given
            found.both[tag] += tag in tagged.tags and tag in given
            if (tag in tagged.tags) != (tag in given):
                (found.wrong if tag in given else found.missed).append((tag, tagged.row.text))
        on_row()
    return found


def _given(row: Row, taxonomy: Taxonomy, *, with_tone: bool) -> Sequence[str]:
    """As the reader gives them: what a rule has decided has none."""
    ruled = rules.apply(row.pair, taxonomy)
    if ruled.labels is not None:
        return ()
    label = row.labels[taxonomy.primary.name] or ""
    return tags_of(ruled.pair, label=label, tone=row.labels.get(TONE) if with_tone else "neutral")


def _tags(row: Row) -> frozenset[str]:
    tags = row.extra.get("tags")
    if not isinstance(tags, list) or not all(tag in TAGS for tag in tags):
        raise DataError(f"{row.where}: `tags` must be a list of {', '.join(TAGS)}, or empty.")
    return frozenset(tags)
