"""What candidates are judged on: the rows that ship with Nod and those that operators added."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from classifier.data import (
    DataError,
    Row,
    frozen_test_rows,
    parse_row,
    shipped_must_pass_rows,
    split_key,
    without_duplicates,
)
from classifier.masking import masked_pair
from classifier.models import JudgedRow, ModelVersion
from classifier.readings import Pair
from classifier.taxonomy import STARTER_TAXONOMY, Taxonomy, load_taxonomy
from classifier.text import normalise


def test_rows(taxonomy: Taxonomy) -> list[Row]:
    """The frozen test set; empty for a taxonomy that has none."""
    shipped = frozen_test_rows(taxonomy) if is_nods_own(taxonomy) else []
    return without_duplicates([*shipped, *_added(JudgedRow.Pack.TEST, taxonomy)])


def must_pass_rows(taxonomy: Taxonomy) -> list[Row]:
    shipped = shipped_must_pass_rows(taxonomy) if is_nods_own(taxonomy) else []
    return without_duplicates([*shipped, *_added(JudgedRow.Pack.MUST_PASS, taxonomy)])


@dataclass(frozen=True, slots=True)
class Failed:
    """A must-pass row that a version reads as what it is not."""

    pair: Pair  # masked, as what it is compared with
    found: str  # what it is taken for


def failed_rows() -> list[Failed]:
    """Those of the newest version, whether or not it serves: the next one learns from where it
    stands.
    """
    newest = ModelVersion.objects.of_the_dataset().newest_first().first()
    rows = newest.report.get("must_pass", {}).get("failed", []) if newest else []
    return [Failed(masked_pair(Pair(row["prompt"], row["text"])), row["found"]) for row in rows]


def twin_of(added: JudgedRow, pack: str, pair: Pair, taxonomy: Taxonomy) -> Row | None:
    """A row of the pack with the texts of `pair` as a model sees them, other than `added`."""
    rows = test_rows(taxonomy) if pack == JudgedRow.Pack.TEST else must_pass_rows(taxonomy)
    wanted = (normalise(pair.prompt), normalise(pair.text))
    for row in rows:
        same = (normalise(row.prompt), normalise(row.text)) == wanted
        if same and row.where != _where(added):
            return row
    return None


def judged_rows(taxonomy: Taxonomy) -> list[Row]:
    """Both packs: what no training may learn from."""
    return [*test_rows(taxonomy), *must_pass_rows(taxonomy)]


def without_judged(rows: Iterable[Row], judged: Sequence[Row]) -> list[Row]:
    """`rows` to learn from, without those that are judged on: an operator may add a row that stands
    in the training data to a pack, and then it is one of that pack.
    """
    keys = {split_key(row) for row in judged}
    return [row for row in rows if split_key(row) not in keys]


def is_nods_own(taxonomy: Taxonomy) -> bool:
    """Whether the shipped rows, which carry Nod's own labels, say anything about it."""
    return taxonomy.label_names == load_taxonomy(STARTER_TAXONOMY).label_names


def _added(pack: JudgedRow.Pack, taxonomy: Taxonomy) -> Sequence[Row]:
    """Rows of another taxonomy, left from before, are passed over."""
    rows = []
    for added in JudgedRow.objects.of_pack(pack):
        try:
            line = json.dumps(added.as_row())
            rows.append(parse_row(line, taxonomy, where=_where(added)))
        except DataError:
            continue
    return rows


def _where(added: JudgedRow) -> str:
    return f"added row {added.pk}"
