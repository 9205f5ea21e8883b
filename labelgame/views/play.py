"""A round of cards. Every view answers twice: plain forms are sent on to the next page, and
game.js, which has the next card on the page already, gets the cards after that as a fragment.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from classifier.models import Example
from classifier.taxonomy import current_taxonomy
from labelgame import actions
from labelgame.access import PlayerRequest, player_only
from labelgame.models import Offer, Round
from labelgame.pages import cards
from labelgame.pages.roundend import summary
from labelgame.views.sent import number_of, uuid_of

TAKEN_OUT = "That card was taken out of the game. It costs nothing."
TOO_LATE = "It is too late to undo that: an answer can be taken back for a moment."
NOT_BACK = "That card is not yours to put back."
IS_BACK = "It is in the game again."
NOT_YOURS = "That card is no longer in your hand."


@dataclass(frozen=True, slots=True)
class News:
    """What became of what the page sent."""

    settled: UUID | None = None  # a card that the browser need not send again
    said: cards.Said | None = None
    notice: str = ""
    pulled: UUID | None = None  # a card that they may put back
    first: Offer | None = None  # to be shown before the others: it was just taken back
    gone: Iterable[UUID] = ()  # may be shown no longer
    ended: Round | None = None


@require_safe
@player_only
def card(request: PlayerRequest) -> HttpResponse:
    """The card in hand, and behind it the next one."""
    now = timezone.now()
    if actions.needs_practice(request.player):
        return redirect("labelgame:practice")
    round_ = actions.begin_round(player=request.player, now=now)
    offers = _with_first(actions.hand(player=request.player, now=now), _asked_for(request))
    if request.htmx:  # the page that says “nothing left” looks again
        there = HttpResponseClientRedirect(reverse("labelgame:card"))
        return there if offers else HttpResponse(status=204)
    if not offers:
        if round_.answered:  # or its hidden checks would wait for cards that may never come
            actions.close_round(round_=round_, now=now)
        nothing = cards.nothing_left(player=request.player, now=now)
        context = {"nothing": nothing, "round": round_, "pulled": _just_pulled(request)}
        return render(request, "labelgame/nothing_left.html", context)
    context = {
        "cards": cards.all_shown(offers, round_),
        "said": cards.last_said(round_) if round_.answered else None,
        "pulled": _just_pulled(request),
        "round": round_,
        "questions": current_taxonomy().questions,
        "cant_tell": cards.CANT_TELL_LABEL,
        "shown_at": _milliseconds(),
    }
    return render(request, "labelgame/card.html", context)


def _asked_for(request: PlayerRequest) -> Offer | None:
    """The card of `?card=`, if it is in the player's hand."""
    card = uuid_of(request.GET.get("card", ""))
    if card is None:
        return None
    held = Offer.objects.in_hand(timezone.now()).filter(player=request.player, public_id=card)
    return (
        held.exclude(poll__example__state=Example.State.PULLED)
        .select_related("poll__example")
        .first()
    )


def _just_pulled(request: PlayerRequest) -> UUID | None:
    """The card of `?pulled=`, if they may put it back."""
    card = uuid_of(request.GET.get("pulled", ""))
    return card if card and actions.may_put_back(player=request.player, card=card) else None


def _with_first(offers: list[Offer], first: Offer | None) -> list[Offer]:
    return offers if first is None else [first, *(each for each in offers if each != first)]


@require_POST
@player_only
def answer(request: PlayerRequest) -> HttpResponse:
    """Keep it. The same card sent twice is answered twice the same."""
    card, now = _card(request), timezone.now()
    try:
        given = actions.answer(
            player=request.player,
            card=card,
            label=request.POST.get("label", ""),
            milliseconds=_milliseconds_taken(request),
            now=now,
        )
    except actions.UnknownLabel as error:
        raise SuspiciousOperation("No button of the card says that.") from error
    except actions.UnknownCard:
        return _go_on(request, News(settled=card, notice=NOT_YOURS))
    except actions.PulledCard:
        return _go_on(request, News(settled=card, notice=TAKEN_OUT, gone=[card]))
    ended = given.round if given.round.finished_at else None
    return _go_on(request, News(settled=card, said=cards.said(given), ended=ended))


@require_POST
@player_only
def undo(request: PlayerRequest) -> HttpResponse:
    """Of the answer that the page names; of the last one, where an older page names none."""
    last = uuid_of(request.POST.get("last", ""))
    offer = actions.undo(player=request.player, card=last, now=timezone.now())
    if offer is None:
        return _go_on(request, News(notice=TOO_LATE))
    return _go_on(request, News(first=offer))


@require_POST
@player_only
def leak(request: PlayerRequest) -> HttpResponse:
    """Somebody can be known by it: nobody is shown it from now on. It is done, not asked about;
    what was a slip is put back.
    """
    card = _card(request)
    try:
        actions.pull_card(player=request.player, card=card, now=timezone.now())
    except actions.UnknownCard:
        return _go_on(request, News(settled=card, notice=NOT_YOURS))
    if actions.may_put_back(player=request.player, card=card):
        return _go_on(request, News(settled=card, pulled=card, gone=[card]))
    return _go_on(request, News(settled=card, notice=TAKEN_OUT, gone=[card]))


@require_POST
@player_only
def put_back(request: PlayerRequest) -> HttpResponse:
    """What they took out themselves, by a slip."""
    try:
        offer = actions.put_back_card(
            player=request.player, card=_card(request), now=timezone.now()
        )
    except (actions.UnknownCard, actions.CannotPutBack):
        return _go_on(request, News(notice=NOT_BACK))
    return _go_on(request, News(first=offer) if offer else News(notice=IS_BACK))


@require_safe
@player_only
def still(request: PlayerRequest) -> HttpResponse:
    """Whether the cards on the page may stay there; the page asks every few seconds."""
    asked = [card for name in request.GET.getlist("card") if (card := uuid_of(name))]
    gone = set(asked) - actions.still_open(player=request.player, cards=asked)
    if not gone:
        return HttpResponse(status=204)
    return _go_on(request, News(notice=TAKEN_OUT, gone=gone))


def _go_on(request: PlayerRequest, news: News) -> HttpResponse:
    """The next page, or what of it is new."""
    if request.htmx:
        return _fragment(request, news)
    if news.notice:
        messages.info(request, news.notice)
    if news.ended is not None:
        return redirect("labelgame:round", news.ended.public_id)
    to = reverse("labelgame:card")
    if news.pulled is not None:
        to += f"?pulled={news.pulled}"
    return redirect(f"{to}?card={news.first.public_id}" if news.first else to)


def _fragment(request: PlayerRequest, news: News) -> HttpResponse:
    now = timezone.now()
    if actions.needs_practice(request.player):
        return HttpResponseClientRedirect(reverse("labelgame:practice"))
    if news.ended is not None:
        shown = []
    else:
        round_ = actions.begin_round(player=request.player, now=now)
        offers = actions.hand(player=request.player, now=now)
        shown = cards.all_shown(_with_first(offers, news.first), round_)
    context = {"news": news, "cards": shown, "cant_tell": cards.CANT_TELL_LABEL}
    return render(request, "labelgame/_hand.html", context)


# ---- rounds --------------------------------------------------------------------------------


@require_POST
@player_only
def new_round(request: PlayerRequest) -> HttpResponse:
    if not actions.needs_practice(request.player):
        actions.begin_round(player=request.player, now=timezone.now())
    return redirect("labelgame:card")


@require_safe
@player_only
def round_(request: PlayerRequest, public_id: UUID) -> HttpResponse:
    """What a round earned so far, and what changed because of it."""
    found = get_object_or_404(request.player.rounds, public_id=public_id)
    ended, now = found.finished_at, timezone.now()
    is_fresh = ended is not None and now < ended + actions.UNDO_WITHIN
    last = actions.last_answer(player=request.player, now=now) if is_fresh else None
    context = {
        "round": found,
        "summary": summary(found),
        # Not a check: it is booked, and told, with the round.
        "last": last.public_id if last is not None and not last.settled_as else None,
    }
    return render(request, "labelgame/round.html", context)


# ---- what a browser sends ------------------------------------------------------------------


def _card(request: PlayerRequest) -> UUID:
    card = uuid_of(request.POST.get("card", ""))
    if card is None:
        raise Http404("There is no such card.")
    return card


def _milliseconds() -> int:
    return int(timezone.now().timestamp() * 1000)


def _milliseconds_taken(request: PlayerRequest) -> int:
    """From the card's sight to the answer. Measured by the page; without JavaScript since the page
    was made, whose moment the form brings back.
    """
    if (taken := number_of(request.POST.get("ms", ""))) is not None:
        return taken
    shown_at = number_of(request.POST.get("shown_at", ""))
    return max(0, _milliseconds() - shown_at) if shown_at is not None else 0
