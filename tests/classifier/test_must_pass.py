"""Which rows of the must-pass pack fail, and what is said of them."""

from classifier.data import Row
from classifier.must_pass import failures
from classifier.readings import Reading
from classifier.taxonomy import Taxonomy

THRESHOLDS = dict.fromkeys(
    ("confirm", "cancel", "reschedule", "question", "opt_out", "wrong_number", "other"), 0.9
)


def failed(taxonomy: Taxonomy, label: str, found: str, confidence: float) -> list[str]:
    row = Row("Stop these texts?", "Y", {"intent": label, "tone": None})
    reading = Reading(found, confidence, {found: confidence}, None, {}, None, "v1")
    return [each.words for each in failures([row], [reading], taxonomy, THRESHOLDS)]


def test_what_is_read_rightly_passes_however_unsurely(taxonomy: Taxonomy) -> None:
    assert failed(taxonomy, "opt_out", "opt_out", 0.3) == []


def test_what_is_held_passes(taxonomy: Taxonomy) -> None:
    assert failed(taxonomy, "confirm", "cancel", 0.89) == []


def test_what_would_be_acted_on_wrongly_fails(taxonomy: Taxonomy) -> None:
    assert failed(taxonomy, "confirm", "cancel", 0.9) == [
        "“Y” under “Stop these texts?” is confirm and would be acted on as cancel (0.90)."
    ]


def test_who_wants_no_more_texts_must_be_understood(taxonomy: Taxonomy) -> None:
    assert failed(taxonomy, "opt_out", "confirm", 0.3) == [
        "“Y” under “Stop these texts?” is opt_out and would be read as confirm (0.30)."
    ]
