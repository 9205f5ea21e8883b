"""Of the rows that a training gets, no player has too large a part of any label."""

from collections.abc import Sequence

import pytest

from classifier import dataset
from classifier.data import Row
from classifier.models import Example
from classifier.taxonomy import current_taxonomy
from labelgame.models import GameSettings, Player
from labelgame.upkeep import crediting

from .conftest import Asked, a_player, a_stack
from .playing import says, settles

pytestmark = [pytest.mark.django_db, pytest.mark.database]

CAP = 0.34


@pytest.fixture(autouse=True)
def one_answer_is_enough(db: None) -> None:
    GameSettings.objects.create(pk=1, first_votes=1, most_votes=1, target=0.5, most_of_a_label=CAP)


@pytest.fixture(autouse=True)
def files(monkeypatch: pytest.MonkeyPatch) -> list[Row]:
    """Rows that are nobody's; none unless a test adds some."""
    rows: list[Row] = []
    for place in (dataset, crediting):
        monkeypatch.setattr(place, "rows_of_files", lambda taxonomy: rows)
    return rows


def settle_as(players: Sequence[Player], examples: Sequence[Example], **labels: str) -> None:
    """Each of one player alone, in turn."""
    for number, example in enumerate(examples):
        for question, label in labels.items():
            says(players[number % len(players)], example, label, question=question)
    assert settles() == len(examples) * len(labels)
    Example.objects.update(split="train")


def share_of(player: Player, label: str, rows: Sequence[Row], question: str = "intent") -> float:
    """Of what these rows teach of the label; each example is one player's or nobody's."""
    answers = player.answers.filter(poll__question=question)
    theirs = set(answers.values_list("example__public_id", flat=True))
    of_label = [row for row in rows if row.labels[question] == label]
    weights = {row.where: row.weight_for(question) for row in of_label}
    hers = sum(weights[f"example {each}"] for each in theirs if f"example {each}" in weights)
    return hers / sum(weights.values())


def learnt(files: Sequence[Row] = ()) -> list[Row]:
    return [*files, *dataset.rows_of_examples(current_taxonomy(), beside=files)]


def test_where_few_people_gave_a_label_rows_of_files_make_up_the_rest(
    alice: Player, asked: Asked, files: list[Row]
) -> None:
    settle_as([alice], a_stack(asked, 20), intent="confirm")
    files += [
        Row("", f"row {number}", {"intent": "confirm", "tone": None}, where=f"file:{number}")
        for number in range(6)
    ]
    crediting.share_out()
    assert share_of(alice, "confirm", learnt(files)) == pytest.approx(CAP, abs=0.01)


def test_a_part_is_counted_by_what_the_rows_weigh(asked: Asked) -> None:
    """Hers came often, and the model had them wrong: they teach more than as many others."""
    bea, *others = (a_player(name) for name in ("bea", "cem", "dan", "eve"))
    stack = a_stack(asked, 24)
    settle_as([bea], stack[:6], intent="confirm")
    settle_as(others, stack[6:], intent="confirm")
    hers = Example.objects.filter(pk__in=[each.pk for each in stack[:6]])
    hers.update(times_seen=30, guess="cancel")
    rows = learnt()
    assert share_of(bea, "confirm", rows) > 0.5
    crediting.share_out()
    assert share_of(bea, "confirm", learnt()) == pytest.approx(CAP, abs=0.01)


def test_a_tone_is_capped_by_itself(asked: Asked) -> None:
    bea, *others = (a_player(name) for name in ("bea", "cem", "dan", "eve"))
    stack = a_stack(asked, 40)
    settle_as([bea], stack[:30], tone="negative")
    settle_as(others, stack[30:], tone="negative")
    settle_as([bea, *others], stack, intent="confirm")
    crediting.share_out()
    rows = learnt()
    assert share_of(bea, "negative", rows, "tone") == pytest.approx(CAP, abs=0.01)
    assert all(row.weight_for("intent") == row.weight for row in rows)


def test_what_has_just_settled_is_shared_out_before_a_training_takes_its_rows(
    asked: Asked,
) -> None:
    bea, *others = (a_player(name) for name in ("bea", "cem", "dan", "eve"))
    stack = a_stack(asked, 40)
    settle_as([bea], stack[:30], intent="confirm")
    settle_as(others, stack[30:], intent="confirm")
    rows = dataset.rows_to_learn(current_taxonomy())
    assert share_of(bea, "confirm", rows) == pytest.approx(CAP, abs=0.01)
