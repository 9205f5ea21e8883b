"""The agreement page, from what a real full run leaves. Robin reviews."""

import pytest
from django.test import Client
from django.utils import timezone

from classifier.taxonomy import current_taxonomy
from labelgame.aggregation import agreement
from labelgame.models import Player, Poll, QuestionState
from labelgame.pages import agreements
from labelgame.upkeep.weighing import weigh_everything

from .conftest import Asked, a_player, a_stack, signed_in
from .playing import poll_of, says

pytestmark = [pytest.mark.django_db, pytest.mark.database]

PAGE = "/play/agreement/"


@pytest.fixture
def desk(robin: Player) -> Client:
    return signed_in(robin)


def intent() -> agreements.Agreed:
    return agreements.agreed(now=timezone.now())[0]


@pytest.fixture
def weighed(asked: Asked) -> None:
    """Two players agree on 10 of 12 cards; a full run has seen it."""
    ann, ben = a_player("ann"), a_player("ben")
    for number, example in enumerate(a_stack(asked, 12)):
        label = "confirm" if number % 2 else "cancel"
        says(ann, example, label)
        says(ben, example, "other" if number < 2 else label)
    weigh_everything(now=timezone.now(), anyway=True)


def test_before_the_first_run_it_says_that_nothing_is_known(desk: Client, asked: Asked) -> None:
    asked("see you there")
    page = desk.get(PAGE).content.decode()
    assert page.count("nothing has been weighed yet") == len(current_taxonomy().questions)


def test_alpha_is_shown_overall_per_label_and_per_pair(desk: Client, weighed: None) -> None:
    shown = intent()
    assert shown.overall is not None
    assert shown.overall.value == pytest.approx(0.72, abs=0.03)
    assert shown.overall.cards == 12
    assert [label.name for label, _ in shown.labels][:2] == ["confirm", "cancel"]
    assert {(one.name, other.name) for one, other, apart, _ in shown.pairs if apart} == {
        ("confirm", "other"),
        ("cancel", "other"),
    }
    assert shown.overall.shown in desk.get(PAGE).content.decode()


def test_what_is_undefined_says_why(desk: Client, weighed: None) -> None:
    alphas = {label.name: alpha for label, alpha in intent().labels}
    assert alphas["opt_out"].value is None
    assert "opt_out" in alphas["opt_out"].meaning
    assert alphas["opt_out"].meaning in desk.get(PAGE).content.decode()


def test_the_method_in_use_stands_among_those_that_were_tried(desk: Client, weighed: None) -> None:
    shown = intent()
    assert [each.name for each in shown.tried if each.is_chosen] in ([shown.method], [])
    assert f"How answers are weighed: {shown.method}" in desk.get(PAGE).content.decode()


def test_what_the_run_made_of_the_reserve_is_said(desk: Client, weighed: None) -> None:
    assert intent().reserve is None
    QuestionState.objects.update(reserve={"right": 19, "of": 20})
    words = (
        "Of 20 reserved cards, which a reviewer decided and whose label it was not told, it finds"
        " 19 right: 76 to 99 %"
    )
    assert words in desk.get(PAGE).content.decode()


def test_answers_are_counted_per_settled_card(asked: Asked) -> None:
    for votes, method, thing in (
        (2, "glad", "scarf"),
        (3, "glad", "kettle"),
        (7, "reviewer", "ladder"),
    ):
        poll = poll_of(asked(f"the {thing} is mine"))
        Poll.objects.filter(pk=poll.pk).update(
            state="settled", settled_as="confirm", settled_at=timezone.now(),
            votes=votes, method=method,
        )  # fmt: skip
    cost = intent().cost
    assert (cost.cards, cost.per_card, cost.by_reviewer) == (3, "4.0", 1)


def test_old_labels_that_are_asked_again_are_counted(asked: Asked) -> None:
    poll = poll_of(asked("see you there"))
    assert intent().doubted == 0
    Poll.objects.filter(pk=poll.pk).update(relabel=0.9)
    assert intent().doubted == 1


def test_the_marks_of_the_bars_are_where_the_report_draws_its_lines() -> None:
    assert (agreements.RELIABLE, agreements.TENTATIVE) == (agreement.RELIABLE, agreement.TENTATIVE)
