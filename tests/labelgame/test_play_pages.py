"""The pages of a round, by plain form posts and as fragments for the script."""

import re
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from classifier.models import Example
from classifier.taxonomy import current_taxonomy
from labelgame import actions
from labelgame.models import (
    Answer,
    GameSettings,
    Offer,
    Player,
    Poll,
    PracticeRun,
    QuestionState,
    Round,
)
from labelgame.pages import cards
from labelgame.practice import practice_cards
from labelgame.rules import scoring
from tests.labelgame.conftest import NOW, Asked, a_player, a_stack, signed_in
from tests.labelgame.playing import card_of, poll_of

pytestmark = [pytest.mark.django_db, pytest.mark.database]

PLAY, ANSWER = "/play/", "/play/answer/"
SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def client(alice: Player) -> Client:
    return signed_in(alice)


@pytest.fixture(autouse=True)
def no_chance(db: None) -> None:
    """Every card is a vote: no hidden check and no repeat by lot."""
    GameSettings.objects.update_or_create(pk=1, defaults={"gold_share": 0, "repeat_share": 0})


def held(player: Player) -> list[Offer]:
    return actions.hand(player=player, now=timezone.now())


def a_label(offer: Offer) -> str:
    """One of its question."""
    question = current_taxonomy().question(offer.poll.question)
    assert question is not None
    return question.labels[0].name


def page(client: Client, path: str = PLAY) -> str:
    response = client.get(path)
    assert response.status_code == 200, response
    return response.content.decode()


def answer(client: Client, card: object, label: str = "?", **fields: object) -> str:
    """By a plain form; where it leads."""
    response = client.post(ANSWER, {"card": card, "label": label, **fields})
    assert response.status_code == 302
    return response["Location"]


def fragment(client: Client, path: str, **fields: object) -> str:
    response = client.post(path, fields, headers=SCRIPT)
    assert response.status_code == 200
    return response.content.decode()


# ---- the card --------------------------------------------------------------------------------


def test_a_card_is_a_thread_a_question_and_its_labels_with_keys(
    client: Client, alice: Player, asked: Asked
) -> None:
    asked("can't make it, sorry")
    first = held_html(page(client))
    question = current_taxonomy().question(held(alice)[0].poll.question)
    assert question is not None
    assert 'Hi <span class="chip">name</span>, this is Riverside Dental.' in first
    assert question.asks in first
    keys = re.findall(r'value="(\w+)" data-key="(.)"', first)
    assert keys == [(label.name, label.hotkey) for label in question.labels]


def held_html(html: str) -> str:
    return html.split("<article")[1]


def test_the_next_card_is_on_the_page_but_hidden(client: Client, asked: Asked) -> None:
    a_stack(asked, 3)
    cards = re.findall(r'<article class="card"[^>]*>', page(client))
    assert ["hidden" in card for card in cards] == [False, True]


def test_nothing_of_the_models_guess_is_on_a_page_before_the_answer(
    client: Client, asked: Asked
) -> None:
    asked("see you then", guess="wrong_number", tone="hostile")
    asked("what would it cost?", guess="opt_out", tone="positive")
    before = page(client)
    Poll.objects.update(guess="")
    Example.objects.update(guess="", reading={})
    assert unsigned(page(client)) == unsigned(before)


def unsigned(html: str) -> str:
    """Without what differs from request to request."""
    return re.sub(r'(csrfmiddlewaretoken"|"shown_at") value="\w+"', "", html)


def test_words_that_look_like_markup_stay_words(client: Client, asked: Asked) -> None:
    asked("<script>alert(1)</script> is what I got")
    assert "<script>alert" not in page(client)


# ---- answering by plain forms ----------------------------------------------------------------


def test_an_answer_is_kept_and_the_next_card_comes(
    client: Client, alice: Player, asked: Asked
) -> None:
    a_stack(asked, 3)
    first, second = held(alice)
    assert answer(client, first.public_id, a_label(first), shown_at=1) == PLAY
    assert Answer.objects.get().label == a_label(first)
    assert f'id="card-{second.public_id}"' in held_html(page(client))


def test_after_the_answer_the_models_guess_is_said(
    client: Client, alice: Player, asked: Asked
) -> None:
    a_stack(asked, 3)
    answer(client, held(alice)[0].public_id)
    assert "Nod had guessed" in page(client)


def test_the_same_card_sent_twice_is_one_answer(
    client: Client, alice: Player, asked: Asked
) -> None:
    a_stack(asked, 3)
    card = held(alice)[0].public_id
    assert answer(client, card, "?") == answer(client, card, "-") == PLAY
    assert Answer.objects.get().label == "?"


def test_time_is_the_pages_own_or_counts_from_when_the_page_was_made(
    client: Client, alice: Player, asked: Asked
) -> None:
    a_stack(asked, 3)
    first, second = held(alice)
    shown_at = int(timezone.now().timestamp() * 1000) - 3000
    answer(client, first.public_id, ms=812)
    answer(client, second.public_id, shown_at=shown_at)
    measured, counted = Answer.objects.oldest_first()
    assert measured.milliseconds == 812
    assert 3000 <= counted.milliseconds < 60_000


@pytest.mark.parametrize("ms", ["", "-1", "1.5", "³", "9" * 5_000])
def test_a_time_that_is_none_is_none(client: Client, alice: Player, asked: Asked, ms: str) -> None:
    """Python makes no number of more than 4,300 digits; no browser sends any."""
    a_stack(asked, 3)
    answer(client, held(alice)[0].public_id, ms=ms, shown_at=ms)
    assert Answer.objects.get().milliseconds == 0


def test_ten_answers_are_a_round_and_lead_to_its_end(
    client: Client, alice: Player, asked: Asked
) -> None:
    a_stack(asked, 12)
    led = [answer(client, held(alice)[0].public_id) for _ in range(10)]
    round_ = Round.objects.get(finished_at__isnull=False)
    assert led == [PLAY] * 9 + [reverse("labelgame:round", args=[round_.public_id])]


@pytest.mark.parametrize("label", ["", "nonsense", "positive"])
def test_a_label_that_no_button_has_is_refused(
    label: str, client: Client, alice: Player, asked: Asked
) -> None:
    asked("see you then")
    card = next(offer for offer in held(alice) if offer.poll.question == "intent")
    response = client.post(ANSWER, {"card": card.public_id, "label": label})
    assert response.status_code == 400
    assert not Answer.objects.exists()


def test_a_card_of_somebody_else_is_nobodys_business(
    client: Client, robin: Player, asked: Asked
) -> None:
    a_stack(asked, 3)
    theirs = held(robin)[0].public_id
    assert answer(client, theirs, "confirm") == PLAY
    assert "no longer in your hand" in page(client)
    assert not Answer.objects.exists()


def test_a_card_that_is_no_id_is_not_found(client: Client) -> None:
    assert client.post(ANSWER, {"card": "12", "label": "?"}).status_code == 404


def test_undo_brings_the_card_back_first(client: Client, alice: Player, asked: Asked) -> None:
    a_stack(asked, 4)
    answer(client, held(alice)[0].public_id)
    response = client.post("/play/undo/", follow=True)
    newest = Offer.objects.filter(player=alice).order_by("pk").last()
    assert newest is not None
    assert f'id="card-{newest.public_id}"' in held_html(response.content.decode())
    assert not Answer.objects.standing().exists()


def answered(client: Client, player: Player) -> UUID:
    card = held(player)[0].public_id
    answer(client, card)
    return card


def test_undo_by_a_form_sent_twice_takes_back_the_answer_that_the_page_named(
    client: Client, alice: Player, asked: Asked
) -> None:
    a_stack(asked, 4)
    first, last = answered(client, alice), answered(client, alice)
    assert f'name="last" value="{last}"' in held_html(page(client))
    once, again = [client.post("/play/undo/", {"last": last}) for _ in range(2)]
    assert once.headers["Location"] == again.headers["Location"]
    assert Answer.objects.standing().get().public_id == first


def test_undo_by_the_script_sent_twice_is_answered_the_same(
    client: Client, alice: Player, asked: Asked
) -> None:
    a_stack(asked, 4)
    first, last = answered(client, alice), answered(client, alice)
    once, again = [fragment(client, "/play/undo/", last=last) for _ in range(2)]
    assert "data-first=" in once
    assert unsigned(once) == unsigned(again)
    assert Answer.objects.standing().get().public_id == first


def test_the_rounds_end_names_the_answer_that_undo_takes_back(
    client: Client, alice: Player, asked: Asked
) -> None:
    a_stack(asked, 12)
    last = [answered(client, alice) for _ in range(10)][-1]
    html = page(client, reverse("labelgame:round", args=[Round.objects.get().public_id]))
    assert f'name="last" value="{last}"' in html


def test_nothing_to_undo_is_said(client: Client, asked: Asked) -> None:
    a_stack(asked, 3)
    assert "too late" in client.post("/play/undo/", follow=True).content.decode()


# ---- as fragments for the script -------------------------------------------------------------


def test_the_script_gets_the_card_after_the_next_and_the_guess(
    client: Client, alice: Player, asked: Asked
) -> None:
    a_stack(asked, 4)
    first, second = held(alice)
    html = fragment(client, ANSWER, card=first.public_id, label=a_label(first), ms=900)
    assert f'data-settled="{first.public_id}"' in html
    assert "Nod had guessed" in html
    cards = re.findall(r'id="card-([\w-]+)"', html)
    assert cards == [str(second.public_id), str(held(alice)[1].public_id)]


def test_the_script_is_told_where_the_rounds_end_is(
    client: Client, alice: Player, asked: Asked
) -> None:
    a_stack(asked, 12)
    for _ in range(9):
        answer(client, held(alice)[0].public_id)
    html = fragment(client, ANSWER, card=held(alice)[0].public_id, label="?")
    round_ = Round.objects.get(finished_at__isnull=False)
    assert f'data-ended="/play/round/{round_.public_id}/"' in html
    assert "<article" not in html


def test_the_script_need_not_send_again_what_cannot_be_kept(client: Client, asked: Asked) -> None:
    a_stack(asked, 3)
    card = uuid4()
    html = fragment(client, ANSWER, card=card, label="?")
    assert f'data-settled="{card}"' in html


def test_who_is_signed_out_is_sent_to_sign_in(client: Client, asked: Asked) -> None:
    client.logout()
    response = client.post(ANSWER, {"card": uuid4(), "label": "?"}, headers=SCRIPT)
    assert response.headers["HX-Redirect"].startswith("/play/sign-in/")
    assert client.get(PLAY).headers["Location"].startswith("/play/sign-in/")


# ---- leaks -----------------------------------------------------------------------------------


def test_the_leak_button_takes_a_card_out_of_every_hand(
    client: Client, alice: Player, asked: Asked
) -> None:
    leaking = a_stack(asked, 3)[0]
    robin = a_player("robin")
    mine, theirs = (card_of(player, poll_of(leaking)) for player in (alice, robin))
    client.post("/play/leak/", {"card": mine.public_id})
    assert Example.objects.pulled().get() == leaking
    still = signed_in(robin).get("/play/still/", {"card": str(theirs.public_id)}, headers=SCRIPT)
    assert f'data-gone="{theirs.public_id} "' in still.content.decode()


def test_the_first_press_pulls_and_a_slip_is_put_back_by_plain_forms(
    client: Client, alice: Player, asked: Asked
) -> None:
    a_stack(asked, 3)
    card = held(alice)[0]
    button = re.search(r'<button class="leak"[^>]*>', page(client))
    assert button is not None
    assert 'type="submit" formaction="/play/leak/"' in button[0]
    there = client.post("/play/leak/", {"card": card.public_id})["Location"]
    assert Example.objects.pulled().get() == card.poll.example
    assert card not in held(alice)
    assert f'name="card" value="{card.public_id}"><button class="back"' in page(client, there)
    there = client.post("/play/put-back/", {"card": card.public_id})["Location"]
    assert not Example.objects.pulled().exists()
    assert f'id="card-{card.public_id}"' in page(client, there)
    assert held(alice)[0] == card
    answer(client, card.public_id, a_label(card))
    assert Answer.objects.get().kind == "vote"
    assert poll_of(card.poll.example, card.poll.question).votes == 1


def test_the_leak_button_leaves_its_key_to_a_label(alice: Player, asked: Asked) -> None:
    a_stack(asked, 1)
    offer = held(alice)[0]
    shown = cards.shown(offer, actions.begin_round(player=alice, now=timezone.now()))
    assert shown.leak_key == "n"
    first, *others = shown.question.labels
    labels = (replace(first, hotkey="n"), *others)
    assert not replace(shown, question=replace(shown.question, labels=labels)).leak_key


def test_the_script_gets_the_way_back_and_the_card(
    client: Client, alice: Player, asked: Asked
) -> None:
    a_stack(asked, 3)
    card = held(alice)[0]
    html = fragment(client, "/play/leak/", card=card.public_id)
    assert 'action="/play/put-back/"' in html
    assert f'data-gone="{card.public_id} "' in html
    html = fragment(client, "/play/put-back/", card=card.public_id)
    assert f'data-first="{card.public_id}"' in html
    html = fragment(client, "/play/put-back/", card=card.public_id)  # sent twice
    assert "not yours to put back" in html
    assert "data-first" not in html


def test_what_somebody_else_took_out_is_not_put_back(
    client: Client, alice: Player, asked: Asked
) -> None:
    a_stack(asked, 3)
    card = held(alice)[0]
    actions.pull_example(example=card.poll.example, by="robin", now=timezone.now())
    html = fragment(client, "/play/leak/", card=card.public_id)
    assert "put-back" not in html
    client.post("/play/put-back/", {"card": card.public_id})
    assert Example.objects.pulled().get() == card.poll.example


def test_while_the_cards_may_stay_there_is_nothing_to_say(
    client: Client, alice: Player, asked: Asked
) -> None:
    a_stack(asked, 3)
    cards = [str(offer.public_id) for offer in held(alice)]
    response = client.get("/play/still/", {"card": cards}, headers=SCRIPT)
    assert (response.status_code, response.content) == (204, b"")


def test_answering_a_card_that_was_pulled_costs_nothing(
    client: Client, alice: Player, asked: Asked
) -> None:
    a_stack(asked, 3)
    card = held(alice)[0]
    actions.pull_card(player=alice, card=card.public_id, now=timezone.now())
    answer(client, card.public_id, "confirm")
    assert "was taken out of the game" in page(client)
    assert not Answer.objects.exists()


# ---- nothing left ----------------------------------------------------------------------------


def test_without_any_card_it_is_said_where_cards_come_from(client: Client) -> None:
    html = page(client)
    assert "Nothing left for now" in html
    assert "Cards come from texts that Nod is unsure of" in html


def test_who_has_answered_everything_hears_who_is_waited_for(
    client: Client, alice: Player, asked: Asked
) -> None:
    asked("see you then", now=timezone.now())
    for _ in range(2):
        answer(client, held(alice)[0].public_id)
    html = page(client)
    assert "You have answered every card there is. 2 wait for the answers of others." in html
    assert "In the last seven days 2 cards came, the latest a moment ago." in html


def test_with_nothing_left_the_round_ends(client: Client, alice: Player, asked: Asked) -> None:
    page(client)
    assert alice.rounds.get().finished_at is None  # nothing was answered in it
    asked("see you then", now=timezone.now())
    for _ in range(2):
        answer(client, held(alice)[0].public_id)
    html = page(client)
    ended = alice.rounds.get()
    assert ended.finished_at is not None
    assert reverse("labelgame:round", args=[ended.public_id]) in html


def test_cards_in_other_hands_may_come_back(client: Client, asked: Asked) -> None:
    GameSettings.objects.filter(pk=1).update(first_votes=1)
    asked("see you then")
    held(a_player("robin"))
    html = page(client)
    assert "The last 2 cards are with others just now." in html
    assert "within 5 minutes" in html


def test_the_page_notices_when_a_card_has_come(client: Client, asked: Asked) -> None:
    assert client.get(PLAY, headers=SCRIPT).status_code == 204
    asked("see you then")
    assert client.get(PLAY, headers=SCRIPT).headers["HX-Redirect"] == PLAY


# ---- practice --------------------------------------------------------------------------------


def test_who_has_not_practised_practises_first(charlie: Player, asked: Asked) -> None:
    asked("see you then")
    assert signed_in(charlie).get(PLAY).headers["Location"] == "/play/practice/"


def practise(client: Client, number: int, label: str) -> str:
    response = client.post("/play/practice/", {"number": number, "label": label}, follow=True)
    return response.content.decode()


def test_no_way_around_the_practice(charlie: Player, asked: Asked) -> None:
    asked("see you at the usual place")
    browser = signed_in(charlie)
    for way in ("undo", "answer", "leak"):
        card = "00000000-0000-4000-8000-000000000000"
        browser.post(f"{PLAY}{way}/", {"card": card, "label": "?"}, headers={"HX-Request": "true"})
        browser.post(f"{PLAY}{way}/", {"card": card, "label": "?"})
    assert not Offer.objects.exists()


def test_an_open_page_leads_to_the_practice_when_the_labels_changed(
    alice: Player, asked: Asked
) -> None:
    asked("see you at the usual place")
    client = signed_in(alice)
    client.get(PLAY)
    card = Offer.objects.first()
    assert card is not None
    Player.objects.update(practised_for="earlier")
    reply = client.post(
        f"{PLAY}answer/",
        {"card": card.public_id, "label": "?", "ms": 3000},
        headers={"HX-Request": "true"},
    )
    assert reply.headers["HX-Redirect"] == "/play/practice/"
    assert Answer.objects.count() == 1  # what they had in hand is kept


def test_every_answer_is_explained(charlie: Player) -> None:
    client, card = signed_in(charlie), practice_cards(current_taxonomy())[0]
    html = practise(client, 1, "confirm")
    assert "Not quite" in html
    assert "The thumb only says that they have read it" in html
    assert card.label == "cancel"
    assert "<b>2</b> of 10" in page(client, "/play/practice/")


def test_eight_right_open_the_game(charlie: Player, asked: Asked) -> None:
    client = signed_in(charlie)
    asked("see you then")
    for number, card in enumerate(practice_cards(current_taxonomy()), 1):
        practise(client, number, card.label)
    html = page(client, "/play/practice/")
    assert "<b>10</b> of 10 right" in html
    assert "Play the first round" in html
    assert "<article" in page(client)


def test_who_has_seven_tries_again_and_sees_what_slipped(charlie: Player) -> None:
    client = signed_in(charlie)
    for number, card in enumerate(practice_cards(current_taxonomy()), 1):
        wrong = "other" if card.question == "intent" else "positive"
        practise(client, number, wrong if number <= 3 else card.label)
    html = page(client, "/play/practice/")
    assert "<b>7</b> of 10 right" in html
    assert html.count("You said") == 3
    assert "<b>1</b> of 10" in page(client, "/play/practice/?again")
    assert PracticeRun.objects.filter(player=charlie).count() == 2


def test_an_old_page_of_a_run_that_is_over_changes_nothing(charlie: Player) -> None:
    client = signed_in(charlie)
    for number, card in enumerate(practice_cards(current_taxonomy()), 1):
        practise(client, number, card.label)
    practise(client, 10, "neutral")
    assert PracticeRun.objects.filter(player=charlie, is_passed=True).count() == 1


@pytest.mark.parametrize("why", ["0", "11", "-1", "²", "9" * 5_000])
def test_a_number_that_no_card_has_shows_the_card_in_turn(charlie: Player, why: str) -> None:
    client = signed_in(charlie)
    assert "<b>1</b> of 10" in page(client, f"/play/practice/?why={why}")
    response = client.post("/play/practice/", {"number": why, "label": "confirm"})
    assert response.status_code in (302, 400)


def test_a_run_over_fewer_cards_is_nobodys_last_word(
    charlie: Player, settings: Settings, tmp_path: Path
) -> None:
    """Of another taxonomy the cards are its labels' examples, and those may change."""
    label = '[a.labels.{0}]\ntitle = "{0}"\nmeaning = "{0}"\nemoji = "x"\nhotkey = "{0}"\n'
    first = ["one", "two", "three"]

    def asks(examples: list[str]) -> None:
        labels = "".join(
            label.format(name) + f"examples = {[f'{name} {each}' for each in examples]}\n"
            for name in "xyz"
        )
        settings.TAXONOMY_FILE = tmp_path / f"{len(examples)}.toml"
        settings.TAXONOMY_FILE.write_text('[a]\nasks = "What?"\n' + labels)

    asks(first)
    client = signed_in(charlie)
    for number in range(1, 10):
        practise(client, number, "z" if number % 3 else "x")
    assert "of 9 right" in page(client, "/play/practice/")
    asks([*first, "four"])
    assert "<b>1</b> of 10" in page(client, "/play/practice/")
    assert "<b>1</b> of 10" in page(client, "/play/practice/?why=9")


# ---- rules -----------------------------------------------------------------------------------


def test_the_rules_are_those_of_the_code_with_the_figures_in_force(client: Client) -> None:
    html = page(client, "/play/rules/")
    published = scoring.published(scoring.tariff_of({}))
    assert len(re.findall('class="price"', html)) == len(published)
    assert "28 points off" in html
    assert "fixed until 200 cards are known" in html
    assert "brings no bonus, nothing at all where it is that guess" in html


def test_questions_whose_mistakes_cost_differently_have_rules_of_their_own(client: Client) -> None:
    QuestionState.objects.create(
        question="tone", method="majority", wrong_costs=41, cant_tell_costs=2, computed_at=NOW
    )
    html = page(client, "/play/rules/")
    assert "Points: What does this person want?" in html
    assert "Points: How do they sound?" in html
    assert "28 points off" in html
    assert "41 points off" in html
