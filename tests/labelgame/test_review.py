"""What a reviewer does. Robin reviews; Alice and Charlie are divided, and Alice contests."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from classifier import examples
from classifier.models import ExampleSource, RawLook
from labelgame import actions
from labelgame.models import Answer, Contest, Gold, Player, Poll, Ruling
from labelgame.models.polls import Kind
from labelgame.rules.scoring import Rule
from labelgame.upkeep.polls import reopen_put_back

from .conftest import NOW, THINGS, Asked, a_player, signed_in
from .playing import poll_of, says

pytestmark = [pytest.mark.django_db, pytest.mark.database]

REVIEW = "/play/review/"
TEXT = "ok dana says maybe"


def in_review(poll: Poll, why: str = Poll.Why.SPLIT) -> Poll:
    Poll.objects.filter(pk=poll.pk).update(state=Poll.State.REVIEW, why_review=why)
    poll.refresh_from_db()
    return poll


@pytest.fixture
def divided(alice: Player, charlie: Player, asked: Asked) -> Poll:
    """Two players, two labels."""
    example = asked(TEXT, known_names=["Dana"])
    says(alice, example, "confirm")
    says(charlie, example, "other")
    return in_review(poll_of(example))


@pytest.fixture
def contested(alice: Player, asked: Asked) -> Contest:
    """Settled as something else than Alice said, and it stands."""
    poll = poll_of(asked("what bicycle?"))
    given = says(alice, poll.example, "cancel")
    Poll.objects.filter(pk=poll.pk).update(
        state=Poll.State.SETTLED, settled_as="question", settled_at=NOW, probability=0.96
    )
    Answer.objects.filter(pk=given.pk).update(
        settled_as="question", settled_at=NOW, rule=Rule.WRONG
    )
    given.refresh_from_db()
    return actions.contest(player=alice, answer=given, words="they were ironic", now=NOW)


@pytest.fixture
def desk(robin: Player) -> Client:
    return signed_in(robin)


def item(poll: Poll) -> str:
    return reverse("labelgame:review_item", args=[poll.pk])


def decision(**given: str) -> dict[str, str]:
    return {"reason": "ambiguous", "note": "", "seen": "0", "label": "other"} | given


# ---- what waits ----------------------------------------------------------------------------


def test_what_waits_is_listed_with_why_the_oldest_first(
    desk: Client, divided: Poll, contested: Contest
) -> None:
    response = desk.get(REVIEW)
    cards = response.context["queue"].cards
    assert [(each.poll, each.why) for each in cards] == [
        (divided, "players are divided"),
        (contested.answer.poll, "a player contests it"),
    ]
    assert "ok " in response.content.decode()


def test_the_list_costs_the_same_queries_however_much_waits(desk: Client, asked: Asked) -> None:
    costs = []
    for phrase in ("the {} or not", "a {} for me"):
        for thing in THINGS:
            in_review(poll_of(asked(phrase.format(thing))))
        with CaptureQueriesContext(connection) as queries:
            desk.get(REVIEW)
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_of_very_many_only_the_oldest_are_listed(
    desk: Client, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labelgame.pages.reviews.SHOWN", 2)
    oldest = [in_review(poll_of(asked(f"the {word} one"))) for word in ("red", "blue", "green")]
    queue = desk.get(REVIEW).context["queue"]
    assert [each.poll for each in queue.cards] == oldest[:2]
    assert not queue.is_all


@pytest.fixture
def contests(alice: Player, asked: Asked) -> list[Contest]:
    """Of four cards, the oldest first."""
    made = []
    for word in ("red", "blue", "green", "black"):
        given = says(alice, asked(f"the {word} one"), "cancel")
        Answer.objects.filter(pk=given.pk).update(
            settled_as="confirm", settled_at=NOW, rule=Rule.WRONG
        )
        given.refresh_from_db()
        made.append(actions.contest(player=alice, answer=given, words="", now=NOW))
    return made


def listed(desk: Client) -> list[Poll]:
    """What the queue shows, each of which can be opened."""
    queue = desk.get(REVIEW).context["queue"]
    assert queue.is_all
    polls = [each.poll for each in queue.cards]
    assert [desk.get(item(poll)).status_code for poll in polls] == [200] * len(polls)
    return polls


def test_contests_of_pulled_cards_keep_no_other_waiting(
    desk: Client, contests: list[Contest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labelgame.pages.reviews.SHOWN", 2)
    polls = [contest.answer.poll for contest in contests]
    for poll in polls[:3]:
        actions.pull_example(example=poll.example, by="pia", now=NOW)
    assert listed(desk) == polls[3:]


def test_a_contest_waits_again_when_its_card_is_put_back(desk: Client, contested: Contest) -> None:
    poll = contested.answer.poll
    actions.pull_example(example=poll.example, by="pia", now=NOW)
    assert not listed(desk)
    examples.put_back(example=poll.example)
    reopen_put_back(now=NOW)
    assert listed(desk) == [poll]


def test_what_is_asked_no_more_waits_for_nobody(
    desk: Client, divided: Poll, contests: list[Contest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labelgame.pages.reviews.SHOWN", 3)
    polls = [contest.answer.poll for contest in contests]
    unasked = [divided, polls[0]]
    Poll.objects.filter(pk__in=[poll.pk for poll in unasked]).update(question="weather")
    assert listed(desk) == polls[1:]
    assert [desk.get(item(poll)).status_code for poll in unasked] == [404, 404]


def test_what_the_guide_does_not_say_is_collected(
    desk: Client, robin: Player, divided: Poll
) -> None:
    desk.post(item(divided), decision(reason="gap", note="“maybe” from somebody else?"))
    assert "“maybe” from somebody else?" in desk.get(REVIEW).content.decode()
    examples.pull(example=divided.example, by="alice", reason="a name", now=timezone.now())
    page = desk.get(REVIEW).content.decode()
    assert "The text was taken out." in page
    assert "says maybe" not in page


def written(ruling: Ruling) -> str:
    return reverse("labelgame:gap_written", args=[ruling.pk])


@pytest.fixture
def gaps(divided: Poll) -> list[Ruling]:
    """Three of one card, the oldest first."""
    return [
        Ruling.objects.create(
            poll=divided, label="other", reason="gap", note=f"{word} sentence", by="rita", at=NOW
        )
        for word in ("first", "second", "third")
    ]


def test_a_written_gap_makes_room_for_the_next_and_is_counted(
    desk: Client, gaps: list[Ruling], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labelgame.pages.reviews.GAPS", 2)
    page = desk.get(REVIEW)
    assert [ruling for ruling, _ in page.context["gaps"].shown] == gaps[:2]
    assert "more come up as they are written" in page.content.decode()
    page = desk.post(written(gaps[0]), follow=True)
    assert page.redirect_chain[-1][0] == REVIEW
    found = page.context["gaps"]
    assert [ruling for ruling, _ in found.shown] == gaps[1:]
    assert (found.unwritten, found.written) == (2, 1)
    assert "1 is written." in page.content.decode()


def test_who_said_first_that_a_gap_is_written_stays_on_record(
    desk: Client, gaps: list[Ruling]
) -> None:
    other = signed_in(a_player("rita", role=Player.Role.REVIEWER))
    other.post(written(gaps[0]))
    page = desk.post(written(gaps[0]), follow=True).content.decode()
    assert "Somebody has said so before." in page
    gaps[0].refresh_from_db()
    assert gaps[0].written_by == "rita"
    assert gaps[0].written_at is not None


def test_only_a_reviewer_calls_a_gap_written_and_only_a_gap_is_one(
    desk: Client, alice: Player, gaps: list[Ruling]
) -> None:
    assert signed_in(alice).post(written(gaps[0])).status_code == 403
    assert desk.get(written(gaps[0])).status_code == 405
    Ruling.objects.filter(pk=gaps[1].pk).update(reason="ambiguous")
    assert desk.post(written(gaps[1])).status_code == 404
    assert Ruling.objects.unwritten().count() == 3


# ---- one card ------------------------------------------------------------------------------


def test_a_card_shows_what_was_said_and_not_by_whom(desk: Client, divided: Poll) -> None:
    response = desk.get(item(divided))
    bars = {bar.label.name: bar.votes for bar in response.context["said"].bars if bar.votes}
    assert bars == {"confirm": 1, "other": 1}
    page = response.content.decode()
    assert '<span class="chip">name</span>' in page
    assert "The model took it for <b>Will come</b>" in page
    assert not any(name in page for name in ("Alice", "alice", "Charlie", "charlie"))


def test_a_contest_is_shown_in_the_players_words(desk: Client, contested: Contest) -> None:
    page = desk.get(item(contested.answer.poll)).content.decode()
    assert "A player says it is <b>Will not come</b>" in page
    assert "they were ironic" in page
    assert "Alice" not in page


def test_markup_in_a_contest_is_only_text(desk: Client, contested: Contest) -> None:
    Contest.objects.update(words="<script>alert(1)</script>")
    assert "<script>alert" not in desk.get(item(contested.answer.poll)).content.decode()


def test_a_decision_settles_the_card_and_leads_to_the_next(
    desk: Client, divided: Poll, contested: Contest
) -> None:
    response = desk.post(item(divided), decision(note="nobody knows what Dana will do"))
    assert response["Location"] == item(contested.answer.poll)
    ruling = Ruling.objects.get()
    assert (ruling.label, ruling.reason, ruling.by) == ("other", "ambiguous", "robin")
    divided.refresh_from_db()
    assert (divided.state, divided.settled_as) == ("settled", "other")


def test_the_last_decision_leads_back_to_the_list(desk: Client, divided: Poll) -> None:
    page = desk.post(item(divided), decision(), follow=True)
    assert page.redirect_chain[-1][0] == REVIEW
    assert "Nothing waits." in page.content.decode()


def test_an_upheld_contest_is_over(desk: Client, contested: Contest) -> None:
    desk.post(item(contested.answer.poll), decision(reason="mistake", label="cancel"))
    contested.refresh_from_db()
    assert contested.state == Contest.State.UPHELD
    assert not desk.get(REVIEW).context["queue"].cards


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"reason": ""}, "Say why before you decide."),
        ({"label": ""}, "Choose a label."),
        ({"label": "neutral"}, "not one of the available choices"),
        ({"label": "-"}, "not one of the available choices"),
        ({"label": "?", "make_gold": "on"}, "A check needs a label that is right."),
    ],
)
def test_half_a_decision_decides_nothing(
    desk: Client, divided: Poll, given: dict[str, str], complaint: str
) -> None:
    assert complaint in desk.post(item(divided), decision(**given)).content.decode()
    assert not Ruling.objects.exists()


def test_a_check_of_which_nobody_can_tell_is_made_good(
    desk: Client, alice: Player, check: Poll
) -> None:
    wrong = says(alice, check.example, "confirm", kind=Kind.GOLD)
    actions.close_round(round_=wrong.round, now=NOW)
    wrong.refresh_from_db()
    assert wrong.points < 0
    actions.contest(player=alice, answer=wrong, words="who could know", now=NOW)
    desk.post(item(check), decision(label="?"))
    wrong.refresh_from_db()
    assert wrong.points == 0


def test_that_nobody_can_tell_is_a_decision(desk: Client, divided: Poll) -> None:
    desk.post(item(divided), decision(label="?"))
    divided.refresh_from_db()
    assert divided.settled_as == "?"


def test_a_reviewer_makes_a_card_a_hidden_check(desk: Client, divided: Poll) -> None:
    desk.post(item(divided), decision(make_gold="on"))
    gold = Gold.objects.get()
    assert (gold.poll, gold.label, gold.source, gold.by) == (divided, "other", "reviewer", "robin")


def test_two_reviewers_do_not_decide_over_each_others_heads(desk: Client, divided: Poll) -> None:
    other = signed_in(a_player("rita", role=Player.Role.REVIEWER))
    other.post(item(divided), decision(label="confirm"))
    page = desk.post(item(divided), decision(note="my words")).content.decode()
    assert "It was decided meanwhile, by rita" in page
    assert "my words" in page
    assert Ruling.objects.get().label == "confirm"
    desk.post(item(divided), decision(seen="1"))
    assert Ruling.objects.count() == 2


def test_who_answered_a_card_is_told_so_before_deciding(
    desk: Client, robin: Player, divided: Poll
) -> None:
    Poll.objects.filter(pk=divided.pk).update(state=Poll.State.OPEN, why_review="", wanted=3)
    says(robin, divided.example, "other")
    in_review(divided)
    assert "You answered this card yourself." in desk.get(item(divided)).content.decode()


# ---- the words as they were sent -------------------------------------------------------------


def raw(poll: Poll) -> str:
    return reverse("labelgame:raw", args=[poll.pk])


def source_of(poll: Poll) -> ExampleSource:
    return poll.example.sources.get()


def test_the_words_are_shown_once_somebody_has_said_why(desk: Client, divided: Poll) -> None:
    assert TEXT not in desk.get(raw(divided)).content.decode()
    form = {"source": str(source_of(divided).pk), "why": "is it a name?"}
    assert TEXT in desk.post(raw(divided), form).content.decode()
    look = RawLook.objects.get()
    assert (look.source, look.by, look.why) == (source_of(divided), "robin", "is it a name?")
    again = desk.get(raw(divided)).content.decode()
    assert TEXT not in again
    assert "is it a name?" in again


@pytest.mark.parametrize("form", [{"why": ""}, {"why": "curious", "source": "0"}])
def test_without_a_reason_or_a_text_of_the_card_nothing_is_shown(
    desk: Client, divided: Poll, form: dict[str, str]
) -> None:
    given = {"source": str(source_of(divided).pk)} | form
    assert TEXT not in desk.post(raw(divided), given).content.decode()
    assert not RawLook.objects.exists()


def test_forgotten_words_are_gone(desk: Client, divided: Poll) -> None:
    examples.forget_raw(received_before=timezone.now(), now=timezone.now())
    assert "They were deleted" in desk.get(raw(divided)).content.decode()


def test_of_several_texts_one_is_chosen(desk: Client, divided: Poll, asked: Asked) -> None:
    asked("ok Nora says maybe", known_names=["Nora"])
    assert len(desk.get(raw(divided)).context["form"].fields["source"].choices) == 2
    newest = divided.example.sources.latest("pk")
    page = desk.post(raw(divided), {"source": str(newest.pk), "why": "a name?"}).content.decode()
    assert "Nora" in page
