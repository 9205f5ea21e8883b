"""When another model goes live, it reads what still waits to be asked."""

import re
from pathlib import Path
from random import Random

import pytest
from django.utils import timezone

from classifier.folding import doubt_of
from classifier.masking import CHIP
from classifier.reader import Reader, live_reader
from classifier.readings import Pair, Reading
from classifier.surrogates import unmasked
from classifier.taxonomy import current_taxonomy
from labelgame.models import Poll
from labelgame.models.polls import Kind
from labelgame.tasks import read_again
from labelgame.upkeep import gold, rereading
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
from tests.labelgame.conftest import NOW, Asked, a_player, a_reading, a_stack, signed_in
from tests.labelgame.playing import card_of, poll_of, says, settles

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
    pair = unmasked(Pair(example.prompt, example.text), Random(str(example.public_id)))
    poll, [reading] = poll_of(example), live_reader().read([pair])
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


def test_after_a_check_the_same_is_said_as_after_a_vote(
    asked: Asked,
    tiny: Tiny,  # noqa: F811
    models_dir: Path,  # noqa: F811
) -> None:
    example = asked(REPLY, guess=None)
    gold.plant(now=NOW)
    put_live(tiny, models_dir, "v2")
    while rereading.read_some():
        pass
    check = Poll.objects.checks().of_question("intent").first()
    assert check is not None
    vote = poll_of(example)
    read = Poll.objects.exclude(guess="")
    read.update(guess="question")  # the tiny model may be right of one, wrong of the other
    assert parts_said("bea", check, Kind.GOLD) == parts_said("cem", vote, Kind.VOTE)


def parts_said(name: str, poll: Poll, kind: Kind) -> list[str]:
    """The elements of the line that follows an answer."""
    player = a_player(name)
    card = card_of(player, poll, kind=kind, now=timezone.now())
    sent = {"card": card.public_id, "label": "cancel"}
    response = signed_in(player).post("/play/answer/", sent, headers={"HX-Request": "true"})
    [line] = re.findall(r'<p class="news-said">(.*?)</p>', response.content.decode(), re.DOTALL)
    assert "Nod had guessed" in line
    return re.findall(r"<[^>]+>", line)


def test_a_check_is_read_also_while_the_baseline_reads(
    check: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    Poll.objects.update(guess="", read_by="")

    class Baseline:
        name = "baseline"
        taxonomy = current_taxonomy()

        def read(self, pairs: list[Pair]) -> list[Reading]:
            return [a_reading("cancel", "neutral", 0.7) for _ in pairs]

    monkeypatch.setattr(rereading, "live_reader", Baseline)
    assert rereading.read_some() == 1  # and not what is asked: it waits for a model
    check.refresh_from_db()
    assert (check.guess, check.read_by) == ("cancel", "baseline")
    assert rereading.read_some() == 0


def test_no_model_is_asked_about_a_chip_and_twice_about_the_same_words(
    asked: Asked,
    tiny: Tiny,  # noqa: F811
    models_dir: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    example = asked("this is Dana, can we do the 14th at 3pm", guess=None)
    assert CHIP.search(example.text)
    assert CHIP.search(example.prompt)
    put_live(tiny, models_dir, "v2")
    given, read = list[Pair](), Reader.read

    def noting(reader: Reader, pairs: list[Pair]) -> list[Reading]:
        given.extend(pairs)
        return read(reader, pairs)

    monkeypatch.setattr(Reader, "read", noting)
    rereading.read_some()
    Poll.objects.update(read_by="")
    rereading.read_some()
    first, second = given
    assert first == second
    assert not CHIP.search(first.prompt + first.text)


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
