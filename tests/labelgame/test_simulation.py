"""A small crowd plays the whole game, once, and what came of it is looked at from all sides. The
figures of large ones: docs/learning.md.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from classifier.data import Row
from classifier.dataset import rows_of_examples
from classifier.models import ExampleLabel
from classifier.taxonomy import Taxonomy, current_taxonomy
from labelgame.models import Answer, Player, Poll, Round
from labelgame.models.polls import Kind as CardKind
from labelgame.rules.scoring import CANT_TELL, SKIP
from labelgame.simulation.game import play_game
from labelgame.simulation.judging import Earned, Fixed, Played, as_many_as, by_majority, played_from
from labelgame.simulation.people import Kind

from .conftest import NOW, THINGS

pytestmark = pytest.mark.django_db

LABELS = ("confirm", "cancel", "question", "other")
# Six times as often as the rarest: the best of the blind players has something to go by.
OFTEN = {"confirm": 6, "cancel": 3, "question": 2, "other": 1}
EXAMPLES, PLAYERS, SEED = 120, 15, 4
MARGIN = 0.02  # by which consensus is right more often than majority, at least

TAXONOMY = '[intent]\nasks = "What do they want?"\n' + "".join(
    f'[intent.labels.{name}]\ntitle = "{name}"\nmeaning = "{name}"\nemoji = "x"\nhotkey = "{key}"\n'
    'examples = ["a", "b", "c"]\n'
    for key, name in enumerate(LABELS, 1)
)


@dataclass(frozen=True)
class Game:
    played: Played
    taxonomy: Taxonomy

    def earned(self, kind: Kind) -> Earned:
        return next(each for each in self.played.earned if each.kind == kind)


def rows_of(examples: int) -> list[Row]:
    """None of which folds into another."""
    dice = Random(SEED)
    labels = dice.choices(LABELS, [OFTEN[label] for label in LABELS], k=examples)
    return [
        Row(
            "Coming on Tuesday?",
            f"{THINGS[number % 20]} {THINGS[number // 20]} it is then",
            {"intent": label},
        )
        for number, label in enumerate(labels)
    ]


@pytest.fixture(scope="module")
def taxonomy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One question and four labels: no shipped rows to look through, and half as many cards."""
    file = tmp_path_factory.mktemp("taxonomy") / "taxonomy.toml"
    file.write_text(TAXONOMY)
    return file


def number_from_one(*models: type[Model]) -> None:
    """As in the database of its own that the commands play in: what a player is asked goes by the
    numbers of player and round, and other tests have used some up.
    """
    tables = [{"table": model._meta.db_table, "column": "id"} for model in models]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_by_name_sql(no_style(), tables):
            cursor.execute(statement)


@pytest.fixture(scope="module")
def game(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, taxonomy_file: Path
) -> Iterator[Game]:
    """Played once for all tests here, and taken back after the last."""
    with (
        django_db_blocker.unblock(),
        override_settings(TAXONOMY_FILE=taxonomy_file),
        transaction.atomic(),
    ):
        number_from_one(Player, Round)
        played = play_game(
            rows=rows_of(EXAMPLES),
            players=PLAYERS,
            examples=EXAMPLES,
            seed=SEED,
            now=NOW,
            weigh_every=timedelta(minutes=15),  # a run tries five methods, which takes a second
        )
        yield Game(played, current_taxonomy())
        transaction.set_rollback(True)


# ---- what the answers come to --------------------------------------------------------------


def test_consensus_is_right_more_often_than_majority_on_the_same_answers(game: Game) -> None:
    assert game.played.consensus.of == game.played.majority.of == EXAMPLES
    assert game.played.consensus.share >= game.played.majority.share + MARGIN


def test_what_settles_is_right_as_often_as_the_settings_ask(game: Game) -> None:
    assert game.played.settled.of > 0.8 * EXAMPLES
    assert game.played.settled.share > 0.9


def test_a_fixed_number_of_answers_would_cost_more_for_the_same(game: Game) -> None:
    needed = game.played.as_many_as
    assert needed is None or needed > game.played.votes_per_card


def test_everything_ends_settled_or_with_a_reviewer(game: Game) -> None:
    played = game.played
    assert played.settled.of + played.in_review + played.unfinished == played.cards == EXAMPLES
    assert played.unfinished <= 2


# ---- the rules held ------------------------------------------------------------------------


def test_no_card_got_more_answers_than_it_asked_for(game: Game) -> None:
    assert game.played.too_many == 0
    given = Counter(Answer.objects.counting().exclude(label=SKIP).values_list("poll_id", flat=True))
    assert given
    assert all(given[poll.pk] == poll.votes <= poll.wanted for poll in Poll.objects.all())


def test_nobody_was_asked_the_same_twice_but_to_see_whether_they_agree(game: Game) -> None:
    asked = Answer.objects.standing().exclude(kind=CardKind.REPEAT)
    pairs = list(asked.values_list("player_id", "example_id"))
    assert len(pairs) == len(set(pairs))


def test_nothing_unsettled_trains(game: Game) -> None:
    settled = {
        str(poll.example.public_id): poll.settled_as
        for poll in Poll.objects.settled().select_related("example")
        if poll.settled_as != CANT_TELL
    }
    taught = {row.extra["example"]: row.labels["intent"] for row in rows_of_examples(game.taxonomy)}
    assert taught
    assert taught.items() <= settled.items()


def test_every_label_names_the_answers_that_it_rests_on(game: Game) -> None:
    for label in ExampleLabel.objects.standing():
        answers = Answer.objects.filter(pk__in=map(int, label.answers))
        assert answers.count() == label.votes == len(label.answers)
        assert set(answers.values_list("example_id", flat=True)) == {label.example_id}


# ---- people --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Kind.RANDOM, Kind.ONE_KEY, Kind.LIAR])
def test_who_does_not_mean_it_ends_at_zero_or_below(game: Game, kind: Kind) -> None:
    earned = game.earned(kind)
    assert earned.players
    assert earned.answers > 20
    assert earned.most <= 0


def test_who_reads_earns(game: Game) -> None:
    assert game.earned(Kind.HONEST).per_hundred > 200


def test_the_liar_is_found(game: Game) -> None:
    [liar] = [each for each in game.played.found if each.kind == Kind.LIAR]
    assert liar.wrong_after is not None
    assert liar.wrong_after <= 60
    assert liar.right is not None
    assert liar.right < 0.5


def test_blind_players_are_found(game: Game) -> None:
    blind = [each for each in game.played.found if each.kind in (Kind.RANDOM, Kind.ONE_KEY)]
    unseen = [each for each in blind if not (each.sign_after or each.wrong_after)]
    assert len(blind) == 4
    assert unseen == []


def test_no_honest_player_is_blamed(game: Game) -> None:
    assert game.played.honest_blamed == 0
    honest = Player.objects.filter(name__startswith="honest")
    assert set(honest.values_list("weight", flat=True)) == {1.0}


def test_a_game_is_the_same_after_it_was_written_down(game: Game) -> None:
    assert played_from(game.played.as_dict()) == game.played


# ---- majority ------------------------------------------------------------------------------


def test_of_two_labels_as_frequent_majority_takes_the_first() -> None:
    given = {1: [("a", "x"), ("b", "y")], 2: [("a", "x"), ("b", "y"), ("c", "y")]}
    assert by_majority(given) == {1: "x", 2: "y"}


def test_how_many_answers_majority_needs_lies_between_two_that_were_tried() -> None:
    fixed = [Fixed(1, 0.7, None), Fixed(3, 0.8, 0.85), Fixed(5, 0.9, 0.95)]
    assert as_many_as(0.85, fixed) == 4.0
    assert as_many_as(0.7, fixed) == 1.0
    assert as_many_as(0.95, fixed) is None
