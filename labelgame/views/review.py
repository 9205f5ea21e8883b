"""What a reviewer does: the cards that wait, one card, and the words as they were sent."""

from collections.abc import Collection

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from classifier import examples
from classifier.models import RawLook
from labelgame import actions
from labelgame.access import PlayerRequest, gaps_for, reviewer_only, reviews_for
from labelgame.models import Poll, Ruling
from labelgame.pages import reviews
from labelgame.pages.cards import CANT_TELL_LABEL, label_of
from labelgame.pages.forms import LookForm, RulingForm

LOOKS = 20
SOURCES = 5  # to choose from, the latest: the commonest texts have thousands


@require_safe
@reviewer_only
def review(request: PlayerRequest) -> HttpResponse:
    queue = reviews.queue_for(request.player, now=timezone.now())
    context = {"queue": queue, "gaps": reviews.gaps()}
    return render(request, "labelgame/review.html", context)


@require_POST
@reviewer_only
def gap_written(request: PlayerRequest, pk: int) -> HttpResponse:
    ruling = get_object_or_404(gaps_for(request.player), pk=pk)
    if actions.mark_as_written(ruling=ruling, by=request.player, now=timezone.now()):
        messages.success(request, "Off the list: the guide says it now.")
    else:
        messages.info(request, "Somebody has said so before.")
    return redirect("labelgame:review")


@require_http_methods(["GET", "HEAD", "POST"])
@reviewer_only
def review_item(request: PlayerRequest, pk: int) -> HttpResponse:
    poll = _poll(request, pk)
    question = reviews.question_of(poll)
    rulings = reviews.rulings_of(poll)
    form = RulingForm(question, request.POST or None, initial={"seen": len(rulings)})
    if form.is_valid():
        try:
            return _decided(request, poll, form)
        except actions.DecidedMeanwhile:
            # Sent twice, or somebody else was quicker: what they said must be read first.
            rulings = reviews.rulings_of(poll)
            form = RulingForm(question, initial=form.cleaned_data | {"seen": len(rulings)})
            messages.error(request, f"It was decided meanwhile, by {rulings[0][0].by}: see below.")
    context = {
        "poll": poll,
        "question": question,
        "said": reviews.said_of(poll),
        "guess": label_of(poll.question, poll.guess) if poll.guess else None,
        "contests": reviews.contests_of(poll),
        "rulings": rulings,
        "labels": reviews.labels_of(poll),
        "has_answered": reviews.has_answered(request.player, poll),
        "cannot_tell": CANT_TELL_LABEL,
        "following": reviews.next_for(request.player, after=poll, now=timezone.now()),
        "form": form,
        "reasons": _reasons(form, {label.hotkey for label in question.labels}),
    }
    return render(request, "labelgame/review_item.html", context)


def _decided(request: PlayerRequest, poll: Poll, form: RulingForm) -> HttpResponse:
    given = form.cleaned_data
    actions.rule(
        poll=poll,
        by=request.player,
        label=given["label"],
        reason=given["reason"],
        note=given["note"],
        make_gold=given["make_gold"],
        seen=given["seen"],
        now=timezone.now(),
    )
    label = label_of(poll.question, given["label"])
    messages.success(request, f"Decided: {label.title}.")
    following = reviews.next_for(request.player, after=poll, now=timezone.now())
    if following is None:
        return redirect("labelgame:review")
    return redirect("labelgame:review_item", following.pk)


def _reasons(form: RulingForm, taken: Collection[str]) -> list[tuple[str, str, str, bool]]:
    """(value, words, key, whether it is chosen). Where a label has the key, the reason has none."""
    chosen = form["reason"].value()
    return [
        (value, words, "" if value[0] in taken else value[0], value == chosen)
        for value, words in Ruling.Reason.choices
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@reviewer_only
def raw(request: PlayerRequest, pk: int) -> HttpResponse:
    """First why, then the words: by POST, so that no reload and no link shows them again."""
    poll = _poll(request, pk)
    # Without the words: they are fetched once the look is on record.
    sources = poll.example.sources.with_words().defer("prompt", "text")
    latest = list(sources.order_by("-received_at", "-pk")[:SOURCES])
    form = LookForm([(source.pk, str(source)) for source in latest], request.POST or None)
    words = None
    if form.is_valid():
        source = get_object_or_404(poll.example.sources, pk=form.cleaned_data["source"])
        by, why = request.player.user.get_username(), form.cleaned_data["why"]
        try:
            words = examples.look_at_raw(source=source, by=by, why=why, now=timezone.now())
        except examples.WordsForgotten as error:  # between the page and the button
            form.add_error("source", str(error))
    context = {
        "poll": poll,
        "form": form,
        "has_words": bool(latest),
        "words": words,
        "looks": RawLook.objects.filter(source__example=poll.example).order_by("-at")[:LOOKS],
    }
    return render(request, "labelgame/raw.html", context)


def _poll(request: PlayerRequest, pk: int) -> Poll:
    return get_object_or_404(reviews_for(request.player).select_related("example"), pk=pk)
