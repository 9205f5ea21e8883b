"""When another model goes live, it reads what still waits to be asked."""

from pathlib import Path

import pytest

from classifier.folding import doubt_of
from classifier.reader import live_reader
from classifier.readings import Pair
from labelgame.tasks import read_again
from labelgame.upkeep import rereading
from tests.classifier.conftest import (  # noqa: F401  fixtures, and what they are made of
    Tiny,
    models_dir,
    no_reader_left_over,
    taxonomy,
    tiny,
    tiny_base,
    tiny_data,
    tiny_rows,
)
from tests.classifier.test_reader import put_live
from tests.labelgame.conftest import Asked, a_player, a_stack
from tests.labelgame.playing import poll_of, says, settles

pytestmark = [pytest.mark.django_db, pytest.mark.database]

REPLY = "no can not make it"


def test_a_new_model_reads_the_open_cards_again(
    asked: Asked,
    tiny: Tiny,  # noqa: F811
    models_dir: Path,  # noqa: F811
) -> None:
    example = asked(REPLY, guess="question", sure=0.3)
    before = poll_of(example)
    assert before.read_by == "v1"
    put_live(tiny, models_dir, "v2")
    assert rereading.read_some() == 2
    poll, [reading] = poll_of(example), live_reader().read([Pair(example.prompt, example.text)])
    assert (poll.read_by, poll.guess) == ("v2", reading.intent)
    assert poll.doubt == pytest.approx(doubt_of(reading.scores), abs=0.05)
    assert poll.doubt != before.doubt
    assert poll_of(example, "tone").guess == reading.tone
    assert rereading.read_some() == 0


def test_what_no_model_was_asked_about_is_read_too(
    asked: Asked,
    tiny: Tiny,  # noqa: F811
    models_dir: Path,  # noqa: F811
) -> None:
    example = asked(REPLY, guess=None)
    assert poll_of(example).guess == ""
    put_live(tiny, models_dir, "v1")
    read_again()
    assert poll_of(example).guess


def test_what_is_settled_keeps_the_guess_that_players_met(
    asked: Asked,
    tiny: Tiny,  # noqa: F811
    models_dir: Path,  # noqa: F811
) -> None:
    example = asked(REPLY, guess="question")
    for name in ("bea", "cem"):
        says(a_player(name), example, "cancel")
    assert settles() == 1
    put_live(tiny, models_dir, "v2")
    read_again()
    assert (poll_of(example).read_by, poll_of(example).guess) == ("v1", "question")
    assert poll_of(example, "tone").read_by == "v2"


def test_many_cards_are_read_a_batch_at_a_time(
    asked: Asked,
    tiny: Tiny,  # noqa: F811
    models_dir: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rereading, "BATCH", 4)
    a_stack(asked, 9)
    put_live(tiny, models_dir, "v2")
    assert [rereading.read_some() for _ in range(4)] == [8, 8, 2, 0]


def test_while_no_model_is_live_nothing_is_read(asked: Asked) -> None:
    asked(REPLY)
    assert rereading.read_some() == 0
