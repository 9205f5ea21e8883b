"""The practice level: ten explained cards, one by one, each with the reason after the answer."""

from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from classifier.taxonomy import current_taxonomy
from labelgame import actions
from labelgame.access import PlayerRequest, player_only
from labelgame.models import Player, PracticeRun
from labelgame.pages.cards import label_of
from labelgame.practice import CARDS, PASS, fingerprint, practice_cards
from labelgame.views.sent import number_of


@require_http_methods(["GET", "HEAD", "POST"])
@player_only
def practice(request: PlayerRequest) -> HttpResponse:
    """The next card; `?why=3`: what was said of the third, and the reason; at the end how it went,
    with `?again` to try once more.
    """
    if request.method == "POST":
        return _answered(request)
    run = _last_run(request.player)
    number = number_of(request.GET.get("why", "")) or 0
    if run and 1 <= number <= len(run.answers):
        return _explained(request, run, number)
    if run and run.finished_at and _is_the_last_word(request, run):
        return _over(request, run)
    return _asked(request)


def _last_run(player: Player) -> PracticeRun | None:
    """None where it was over other cards: what was said then belongs to none of these."""
    taxonomy = current_taxonomy()
    run = PracticeRun.objects.filter(player=player).order_by("-pk").first()
    if run is None or run.meaning != fingerprint(taxonomy):
        return None
    cards, answers = len(practice_cards(taxonomy)), len(run.answers)
    return run if (answers == cards if run.finished_at else answers <= cards) else None


def _is_the_last_word(request: PlayerRequest, run: PracticeRun) -> bool:
    """A failed run is, until they try again; a passed one, until the meanings change."""
    if run.is_passed:
        return not actions.needs_practice(request.player)
    return "again" not in request.GET


def _answered(request: PlayerRequest) -> HttpResponse:
    number = number_of(request.POST.get("number", ""))
    if number is None:
        raise SuspiciousOperation("Every card of the practice has a number.")
    try:
        actions.practise(
            player=request.player,
            label=request.POST.get("label", ""),
            number=number,
            now=timezone.now(),
        )
    except actions.UnknownLabel as error:
        raise SuspiciousOperation("No button of the card says that.") from error
    except actions.UnknownCard:  # of a run that is over, sent again by an old page
        return redirect("labelgame:practice")
    return redirect(f"{reverse('labelgame:practice')}?why={number}")


def _asked(request: PlayerRequest) -> HttpResponse:
    state = actions.practice_of(player=request.player, now=timezone.now())
    context = {
        "card": state.card,
        "question": current_taxonomy().question(state.card.question),
        "questions": current_taxonomy().questions,
        "number": state.number,
        "of": state.of,
        "pass": PASS,
        "is_again": bool(request.player.practised_for),
    }
    return render(request, "labelgame/practice.html", context)


def _explained(request: PlayerRequest, run: PracticeRun, number: int) -> HttpResponse:
    cards = practice_cards(current_taxonomy())
    card = cards[number - 1]
    context = {
        "card": card,
        "said": label_of(card.question, run.answers[number - 1]),
        "truth": label_of(card.question, card.label),
        "is_right": run.answers[number - 1] == card.label,
        "number": number,
        "of": len(cards),
        "is_last": number == len(cards),
        "results": _results(run),
    }
    return render(request, "labelgame/practice_why.html", context)


def _over(request: PlayerRequest, run: PracticeRun) -> HttpResponse:
    cards = practice_cards(current_taxonomy())
    results = _results(run)
    slips = [
        {
            "card": card,
            "said": label_of(card.question, said),
            "truth": label_of(card.question, card.label),
        }
        for card, said in zip(cards, run.answers, strict=True)
        if said != card.label
    ]
    context = {
        "run": run,
        "right": sum(results),
        "of": len(results),
        "needed": -(-PASS * len(results) // CARDS),
        "results": results,
        "slips": slips,
    }
    return render(request, "labelgame/practice_over.html", context)


def _results(run: PracticeRun) -> list[bool]:
    cards = practice_cards(current_taxonomy())
    return [said == card.label for said, card in zip(run.answers, cards, strict=False)]
