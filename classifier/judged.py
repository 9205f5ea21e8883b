"""What candidates are judged on: the rows that ship with Nod and those that operators added."""

import json
from collections.abc import Sequence

from classifier.data import (
    DataError,
    Row,
    frozen_test_rows,
    parse_row,
    shipped_must_pass_rows,
    without_duplicates,
)
from classifier.models import JudgedRow
from classifier.taxonomy import STARTER_TAXONOMY, Taxonomy, load_taxonomy


def test_rows(taxonomy: Taxonomy) -> list[Row]:
    """The frozen test set; empty for a taxonomy that has none."""
    shipped = frozen_test_rows(taxonomy) if is_nods_own(taxonomy) else []
    return without_duplicates([*shipped, *_added(JudgedRow.Pack.TEST, taxonomy)])


def must_pass_rows(taxonomy: Taxonomy) -> list[Row]:
    shipped = shipped_must_pass_rows(taxonomy) if is_nods_own(taxonomy) else []
    return without_duplicates([*shipped, *_added(JudgedRow.Pack.MUST_PASS, taxonomy)])


def is_nods_own(taxonomy: Taxonomy) -> bool:
    """Whether the shipped rows, which carry Nod's own labels, say anything about it."""
    return taxonomy.label_names == load_taxonomy(STARTER_TAXONOMY).label_names


def _added(pack: JudgedRow.Pack, taxonomy: Taxonomy) -> Sequence[Row]:
    """Rows of another taxonomy, left from before, are passed over."""
    rows = []
    for added in JudgedRow.objects.of_pack(pack):
        try:
            line = json.dumps(added.as_row())
            rows.append(parse_row(line, taxonomy, where=f"added row {added.pk}"))
        except DataError:
            continue
    return rows
