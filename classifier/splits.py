"""On which side an example stands: learnt from, validating, or reserved because it judges already.

The side is that of classifier/data.py, by the words that reach a model. What the frozen test set
and the must-pass pack hold, in the words that were sent or masked, no example may teach.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from classifier.data import (
    Row,
    frozen_test_rows,
    shipped_must_pass_rows,
    split,
    split_key,
)
from classifier.judged import is_nods_own
from classifier.masking import masked_pair
from classifier.models import Example, JudgedRow
from classifier.readings import Pair
from classifier.rules import apply
from classifier.taxonomy import STARTER_TAXONOMY, Taxonomy, load_taxonomy

Key = tuple[str, ...]


@dataclass(frozen=True)
class Splits:
    taxonomy: Taxonomy
    judged: frozenset[Key]  # `split_key` of what candidates are judged on

    def of(self, *, masked: Pair, raw: Pair | None = None) -> Example.Split:
        if self.is_reserved(masked) or (raw is not None and self.is_reserved(raw)):
            return Example.Split.RESERVED
        pair = apply(masked, self.taxonomy).pair
        validates = split([_row(pair)]).validation
        return Example.Split.VALIDATION if validates else Example.Split.TRAIN

    def is_reserved(self, pair: Pair) -> bool:
        return not self.judged.isdisjoint(_keys(pair, self.taxonomy))


def splits_of(taxonomy: Taxonomy) -> Splits:
    shipped = _shipped() if is_nods_own(taxonomy) else frozenset()
    added = JudgedRow.objects.values_list("prompt", "text")
    return Splits(taxonomy, shipped | _judged((Pair(*pair) for pair in added), taxonomy))


@cache  # a thousand rows to mask, which never change while a process lives
def _shipped() -> frozenset[Key]:
    taxonomy = load_taxonomy(STARTER_TAXONOMY)
    rows = [*frozen_test_rows(taxonomy), *shipped_must_pass_rows(taxonomy)]
    return _judged((row.pair for row in rows), taxonomy)


def _judged(pairs: Iterable[Pair], taxonomy: Taxonomy) -> frozenset[Key]:
    return frozenset(
        key
        for pair in pairs
        for written in (pair, masked_pair(pair))
        for key in _keys(written, taxonomy)
    )


def _keys(pair: Pair, taxonomy: Taxonomy) -> Iterator[Key]:
    """As it is written, and as it reaches a model behind the rules."""
    yield split_key(_row(pair))
    yield split_key(_row(apply(pair, taxonomy).pair))


def _row(pair: Pair) -> Row:
    return Row(pair.prompt, pair.text, {})
