"""The full run over all answers of a question: which method weighs them best, how each player
answers, how common each label is, how far people agree, and what a mistake costs from now on.

Between two runs every card is settled by what the last one found (settling.py). A run on
a million answers takes a minute and no transaction; nothing waits for it.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Q

from classifier.examples import IMPORT
from classifier.taxonomy import Question, current_taxonomy
from labelgame.aggregation import agreement
from labelgame.consensus import Consensus, Votes, run
from labelgame.models import Answer, Gold, Player, PlayerSkill, Poll, QuestionState
from labelgame.models.polls import AnswerQuerySet, GoldQuerySet, Kind
from labelgame.rules.scoring import CANT_TELL, Known, Tariff, tariff_of

log = logging.getLogger(__name__)

FETCHED = 10_000  # answers in memory as rows, before they become three small numbers each
# Answers more than the last run had, that are worth another: a tenth, and some.
MORE, MORE_SHARE = 30, 0.1
# Cards that a tariff is worked out from: the latest, for mixes change.
OF_LATE = 2_000
# Settled cards that are weighed again after a run because they would settle otherwise now. The rest
# comes after the next run; a run that doubts everything is itself in doubt.
MOST_AGAIN = 2_000
SKILL_ANSWERS = 5  # of a player, below which their skill is nobody's in particular


def is_worth_it(*, question: str) -> bool:
    state = QuestionState.objects.filter(question=question).first()
    had, newest = (state.answers, state.newest_answer) if state else (0, 0)
    enough = max(MORE, int(had * MORE_SHARE))
    # What came since, and bounded: beyond what is enough it does not matter how many there are.
    return _answers(question).filter(pk__gt=newest).order_by()[:enough].count() >= enough


def is_any_worth_it() -> bool:
    return any(is_worth_it(question=each.name) for each in current_taxonomy().questions)


def weigh_everything(*, now: datetime, anyway: bool = False) -> list[str]:
    """Of which questions there was enough that is new."""
    weighed = []
    for question in current_taxonomy().questions:
        if (anyway and _answers(question.name).exists()) or is_worth_it(question=question.name):
            weigh_question(question=question, now=now)
            weighed.append(question.name)
    return weighed


def weigh_question(*, question: Question, now: datetime) -> QuestionState:
    newest = _answers(question.name).aggregate(newest=Max("pk"))["newest"] or 0
    votes = Votes.of_rows(_rows(question.name))
    # Without the reserve: it says how good this is, and what was told it cannot say.
    gold = _labels(Gold.objects.in_use().known_otherwise(), question.name)
    weights = dict(Player.objects.filter(weight__lt=1).values_list("pk", "weight"))
    found = run(votes, gold=gold, weights=weights)
    reserve = _right_of(found, _labels(Gold.objects.in_reserve(), question.name))
    labels = [*question.label_names, CANT_TELL]
    agreed = agreement.report(votes, labels)
    tariff, known = tariff_of_late(question.name)
    with transaction.atomic():
        state, _ = QuestionState.objects.update_or_create(
            question=question.name,
            defaults={
                "method": found.method,
                "evidence": [each.as_dict() for each in found.evidence],
                "reserve": reserve,
                "priors": _over(labels, found.priors),
                "agreement": agreed.as_dict(),
                "known": known,
                "wrong_costs": tariff.wrong,
                "cant_tell_costs": tariff.cant_tell_wrong,
                "answers": len(votes),
                "newest_answer": newest,
                "computed_at": now,
            },
        )
        _write_skills(question.name, votes, found)
    again = _weigh_again(question.name, found, now)
    log.info("%s answers weighed by %s, %s cards again.", len(votes), found.method, again)
    return state


def _answers(question: str) -> AnswerQuerySet:
    return (
        Answer.objects.standing()
        .labelled()
        .blind()
        .filter(poll__question=question, kind__in=(Kind.VOTE, Kind.GOLD))
    )


def _rows(question: str) -> Iterator[tuple[int, int, str]]:
    """Checks count here, where their label is known: they say how a player answers."""
    rows = _answers(question).order_by("pk").values_list("poll_id", "player_id", "label")
    return rows.iterator(chunk_size=FETCHED)


def _labels(gold: GoldQuerySet, question: str) -> dict[int, str]:
    return dict(gold.filter(question=question).values_list("poll_id", "label"))


def _right_of(found: Consensus, known: Mapping[int, str]) -> dict[str, int]:
    said = found.labels_of_tasks()
    judged = [said[poll] == label for poll, label in known.items() if poll in said]
    return {"right": sum(judged), "of": len(judged)}


def _over(labels: list[str], shares: Mapping[str, float]) -> dict[str, float]:
    """Over all labels, none of them nothing: what nobody has said yet may be said tomorrow."""
    floor = 0.5 / 100 / len(labels)
    kept = {label: max(float(shares.get(label, 0.0)), floor) for label in labels}
    total = sum(kept.values())
    return {label: share / total for label, share in kept.items()}


def _write_skills(question: str, votes: Votes, found: Consensus) -> None:
    counts = votes.answers_by_worker()
    PlayerSkill.objects.filter(question=question).delete()
    PlayerSkill.objects.bulk_create(
        PlayerSkill(
            player_id=player,
            question=question,
            confusion={truth: dict(said) for truth, said in confusion.items()},
            answers=counts[player],
        )
        for player, confusion in found.skills.items()
        if counts[player] >= SKILL_ANSWERS
    )


def _weigh_again(question: str, found: Consensus, now: datetime) -> int:
    """Settled cards that the run takes for something else; they are due, like any other."""
    said = found.labels_of_tasks()
    otherwise = []
    settled = Poll.objects.settled().of_question(question).filter(due_at=None)
    settled = settled.exclude(Q(method__in=("reviewer", IMPORT)) | Q(rulings__isnull=False))
    for pk, label in settled.values_list("pk", "settled_as").iterator(chunk_size=FETCHED):
        if said.get(pk, label) != label:
            otherwise.append(pk)
    for start in range(0, len(otherwise[:MOST_AGAIN]), 500):
        Poll.objects.filter(pk__in=otherwise[start : start + 500]).update(due_at=now)
    return min(len(otherwise), MOST_AGAIN)


# ---- what a mistake costs ------------------------------------------------------------------


def tariff_of_late(question: str) -> tuple[Tariff, dict[str, list[int]]]:
    """From the cards that settled of late; and what it was worked out from."""
    latest = list(
        Poll.objects.settled()
        .of_question(question)
        .order_by("-settled_at")
        .values_list("settled_as", "guess")[:OF_LATE]
    )
    cards = Counter(label for label, _ in latest)
    # A right answer brings a bonus where the model had guessed something else.
    bonuses = Counter(label for label, guess in latest if guess and guess != label)
    known = {label: Known(count, bonuses[label]) for label, count in cards.items()}
    return tariff_of(known), {label: [of.cards, of.bonuses] for label, of in known.items()}
