"""What a training learns from: the rows that ship with Nod, and those of this installation."""

from pathlib import Path

from django.conf import settings

from classifier.data import Row, load_rows, starter_rows
from classifier.judged import is_nods_own
from classifier.taxonomy import Taxonomy


def training_rows(taxonomy: Taxonomy) -> list[Row]:
    """The starter set, where its labels are the taxonomy's, and every JSON-lines file in ROWS_DIR.

    Raises DataError where a file cannot be used or two rows contradict each other.
    """
    own = sorted(Path(settings.ROWS_DIR).glob("*.jsonl"))
    if not own:
        return starter_rows(taxonomy)  # raises where they do not fit: there is nothing else
    shipped = starter_rows(taxonomy) if is_nods_own(taxonomy) else []
    return [*shipped, *load_rows(own, taxonomy)]
