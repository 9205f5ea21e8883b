"""Labels that liars spoilt: they can settle where nobody else plays, and they end at the gate.

The models are small, as in tests/classifier/test_candidates.py, and trained and judged for real.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from pytest_django import Settings

from classifier.data import Row, Split
from classifier.dataset import rows_of_examples, training_rows
from classifier.examples import Arrival, add_examples
from classifier.models import Example, ExampleLabel, ExampleSource, JudgedRow, ModelVersion
from classifier.taxonomy import Taxonomy, current_taxonomy
from classifier.training.config import TrainingConfig
from classifier.training.produce import training_split
from classifier.training.run import Outcome, train_version
from classifier.versions import Version
from labelgame import background
from labelgame.models import Credit, GameSettings, Player
from labelgame.upkeep.crediting import credit_versions, share_out
from labelgame.upkeep.polls import open_polls
from tests.classifier.conftest import models_dir, no_reader_left_over, tiny_base  # noqa: F401
from tests.classifier.test_candidates import (  # noqa: F401  fixtures, and what they are made of
    KINDS,
    clean,
    config,
    kept,
    live,
    made_clean,
    put_live,
    topics,
)
from tests.classifier.test_taxonomy import SMALL

from .conftest import NOW, THINGS, a_player
from .playing import MINUTE, says

pytestmark = pytest.mark.django_db

LIE = {"news": "sport", "sport": "news"}
Says = Callable[[str], str]

PAIRS = [f"{one} {other}" for one, other in permutations(THINGS, 2)]
random.Random(1).shuffle(PAIRS)
LEARNT, JUDGED, PLAYED = slice(60), slice(60, 80), slice(80, None)


def texts(which: slice, *kinds: str) -> list[Row]:
    """Of these kinds, or of all: none folds into another, and what each is about hangs on the first
    word alone.
    """
    return [
        Row("", f"{kind} {pair}", {"topic": topic})
        for pair in PAIRS[which]
        for topic, of_topic in KINDS.items()
        for kind in of_topic
        if kind in kinds or not kinds
    ]


@pytest.fixture(scope="module")
def data(topics: Taxonomy) -> Split:  # noqa: F811
    """What the good model learnt."""
    return training_split(texts(LEARNT), topics)


@pytest.fixture
def served(clean: Version, tmp_path: Path, settings: Settings) -> Version:  # noqa: F811
    """A good model is live, its rows and its tests in place."""
    settings.TAXONOMY_FILE = tmp_path / "topics.toml"
    settings.TAXONOMY_FILE.write_text(SMALL)
    settings.ROWS_DIR = tmp_path / "rows"
    settings.ROWS_DIR.mkdir()
    (settings.ROWS_DIR / "own.jsonl").write_text(
        "".join(
            f'{{"text": "{row.text}", "topic": "{row.labels["topic"]}"}}\n' for row in texts(LEARNT)
        )
    )
    JudgedRow.objects.bulk_create(
        JudgedRow(pack=JudgedRow.Pack.TEST, text=row.text, labels=dict(row.labels))
        for row in texts(JUDGED)
    )
    put_live(clean)
    return clean


def come_in(rows: Sequence[Row]) -> list[tuple[Example, str]]:
    """Texts, and what they are about."""
    arrivals = [Arrival(row.pair, ExampleSource.Kind.MESSAGE, row.text, NOW) for row in rows]
    examples = add_examples(arrivals=arrivals, now=NOW)
    open_polls(now=NOW)
    return [
        (example, str(row.labels["topic"])) for example, row in zip(examples, rows, strict=True)
    ]


def play(players: Mapping[Player, Says], cards: Sequence[tuple[Example, str]]) -> None:
    """Everybody answers every card, and all of it is weighed."""
    for example, truth in cards:
        example.polls.update(wanted=len(players))
        for player, said in players.items():
            says(player, example, said(truth), question="topic")
    background.see_to_game(now=NOW + MINUTE)
    background.weigh(now=NOW + 2 * MINUTE, anyway=True)
    background.see_to_game(now=NOW + 3 * MINUTE)


def lies(truth: str) -> str:
    return LIE[truth]


def honest(truth: str) -> str:
    return truth


def trained(taxonomy: Taxonomy, config: TrainingConfig) -> Outcome:  # noqa: F811
    outcome = train_version(
        rows=training_rows(taxonomy),
        taxonomy=taxonomy,
        config=config,
        by="scheduler",
        now=NOW + timedelta(hours=1),
        quiet=True,
    )
    assert outcome is not None
    return outcome


def test_what_liars_settle_among_themselves_ends_at_the_gate_and_leads_back_to_them(
    served: Version,
    config: TrainingConfig,  # noqa: F811
) -> None:
    """On one kind of texts, where the model knows sixty right ones: ninety wrong ones."""
    liars = {a_player(name): lies for name in ("lia", "leo", "lou")}
    play(liars, come_in(texts(PLAYED, "can")[:90]))
    taxonomy = current_taxonomy()
    assert [row.labels["topic"] for row in rows_of_examples(taxonomy)] == ["news"] * 90

    outcome = trained(taxonomy, config)
    assert outcome.candidate.report["training"]["examples"] > 70  # it did learn from them
    assert not outcome.promoted
    failed = {check.name for check in outcome.verdict.checks if not check.holds}
    assert failed >= {"better", "no_label_lost"}
    assert live() == served.name
    assert outcome.candidate.state == ModelVersion.State.CANDIDATE

    credit_versions(now=NOW + timedelta(hours=2))
    credited = Credit.objects.filter(version=outcome.candidate)
    assert {credit.player for credit in credited} == set(liars)


def test_a_liar_among_honest_people_spoils_nothing(served: Version) -> None:
    players: dict[Player, Says] = {a_player(name): honest for name in ("ana", "ben", "cem")}
    players[a_player("lia")] = lies
    cards = come_in(texts(PLAYED, "can", "yes")[:40])
    play(players, cards)
    truths = {str(example.public_id): truth for example, truth in cards}
    rows = rows_of_examples(current_taxonomy())
    assert len(rows) == len(cards)
    assert all(row.labels["topic"] == truths[row.extra["example"]] for row in rows)


def test_who_settles_most_of_a_label_is_heard_for_a_third_of_it(
    served: Version, tmp_path: Path, settings: Settings
) -> None:
    """Each alone, because one answer is enough here: the liar twice as often as three others. Rows
    of files are nobody's and would make up the rest; here there are none.
    """
    settings.ROWS_DIR = tmp_path / "no rows"
    GameSettings.objects.create(pk=1, first_votes=1, most_votes=1, target=0.5)
    lia, *others = (a_player(name) for name in ("lia", "ana", "ben", "cem"))
    for example, truth in come_in(texts(PLAYED, "can")[:20]):
        says(lia, example, lies(truth), question="topic")
    for number, (example, truth) in enumerate(come_in(texts(PLAYED, "yes")[:10])):
        says(others[number % 3], example, truth, question="topic")
    background.see_to_game(now=NOW + MINUTE)
    share_out()
    assert share_of(lia, "news") == pytest.approx(0.34, abs=0.01)


def share_of(player: Player, label: str) -> float:
    """Of what a training would learn of the label."""
    labels = ExampleLabel.objects.standing().filter(label=label)
    theirs = set(map(str, player.answers.values_list("pk", flat=True)))
    of_theirs = sum(each.weight for each in labels if theirs.intersection(each.answers))
    return of_theirs / sum(each.weight for each in labels)
