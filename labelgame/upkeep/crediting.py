"""From a model version back to who taught it: how many of each player's labels it learnt.

And how much of a label one player may say: what a training learns of any label, no player has a
larger part of than the settings allow.
"""

from collections import Counter, defaultdict
from datetime import datetime
from math import ceil

from django.core.cache import cache

from classifier.dataset import rows_of_examples, rows_of_files
from classifier.examples import weigh_labels
from classifier.lineage import labels_behind
from classifier.models import ExampleLabel, ModelVersion
from classifier.taxonomy import current_taxonomy
from labelgame.models import Answer, Credit, GameSettings
from labelgame.rules.capping import weights_under_cap

FETCHED = 500
NOBODYS_SECONDS = 86_400


def credit_versions(*, now: datetime) -> int:
    """Versions that were made since; how many had something of the players."""
    credited = 0
    for version in ModelVersion.objects.filter(credits=None, created_at__lte=now).newest_first():
        if not version.report.get("training", {}).get("labels"):
            continue
        # Its labels never change: what had nothing of the players need not be read again soon.
        if cache.get(key := f"labelgame.nobodys.{version.name}"):
            continue
        counts = _labels_of_players(version)
        if not counts:
            cache.set(key, True, NOBODYS_SECONDS)
        Credit.objects.bulk_create(
            [Credit(version=version, player_id=pk, labels=n) for pk, n in counts.items()],
            ignore_conflicts=True,
        )
        credited += bool(counts)
    return credited


def _labels_of_players(version: ModelVersion) -> Counter[int]:
    """A label counts for whoever gave it: not for who said something else."""
    counts: Counter[int] = Counter()
    said: dict[int, str] = {}
    for label in labels_behind(version):
        said |= {int(pk): label.label for pk in label.answers}
        if len(said) >= FETCHED:
            _count(said, counts)
    _count(said, counts)
    return counts


def _count(said: dict[int, str], counts: Counter[int]) -> None:
    answers = Answer.objects.filter(pk__in=list(said)).values_list("pk", "player_id", "label")
    counts.update(player for pk, player, label in answers if said[pk] == label)
    said.clear()


def share_out() -> int:
    """Set the weights of labels so that no player has too large a part of any; how many changed."""
    cap = GameSettings.current().most_of_a_label
    taxonomy = current_taxonomy()
    # What ships with Nod and lies in files is learnt as well, and is nobody's.
    files = rows_of_files(taxonomy)
    rows = {
        pk: row for row in rows_of_examples(taxonomy, beside=files) for pk in row.extra["labels"]
    }
    changed = 0
    for question in taxonomy.question_names:
        standing = ExampleLabel.objects.standing().of_question(question).order_by("pk")
        labels = [
            (pk, label, answers, rows[pk].weight)
            for pk, label, answers in standing.values_list("pk", "label", "answers")
            if pk in rows
        ]
        nobodys = [(label, row.weight) for row in files if (label := row.labels[question])]
        of = _weights(labels, nobodys, cap)
        pks = list(of)
        for start in range(0, len(pks), FETCHED):
            some = pks[start : start + FETCHED]
            changed += weigh_labels(weights={pk: of[pk] for pk in some})
    return changed


def _weights(
    labels: list[tuple[int, str, list[str], float]], nobodys: list[tuple[str, float]], cap: float
) -> dict[int, float]:
    """Of one question, by the label's id. Of each label, what a training gives it comes last."""
    parts = _contributions([(label, answers) for _, label, answers, _ in labels])
    names = [label for _, label, _, _ in labels] + [label for label, _ in nobodys]
    contributions: list[dict[int, float]] = [*parts, *({} for _ in nobodys)]
    amounts = [amount for *_, amount in labels] + [amount for _, amount in nobodys]
    weights = weights_under_cap(_capped(contributions, names, cap), names, amounts, cap=cap)
    return {pk: weight for (pk, *_), weight in zip(labels, weights[: len(labels)], strict=True)}


def _capped(
    contributions: list[dict[int, float]], names: list[str], cap: float
) -> list[dict[int, float]]:
    """Of labels with enough to them: people who gave it, and rows that are nobody's. Of three
    people, nobody can have less than a third: held to it, two would lose nearly all that they said
    because the third one said little.
    """
    players: dict[str, set[int]] = defaultdict(set)
    nobodys: Counter[str] = Counter()
    for of_example, label in zip(contributions, names, strict=True):
        players[label] |= of_example.keys()
        nobodys[label] += not of_example
    enough = {label for label in players if len(players[label]) + nobodys[label] > ceil(1 / cap)}
    return [
        of_example if label in enough else {}
        for of_example, label in zip(contributions, names, strict=True)
    ]


def _contributions(labels: list[tuple[str, list[str]]]) -> list[dict[int, float]]:
    """For each label, the part of it that each player has who gave it; nobody of what came by hand
    or from a file.
    """
    said = {int(pk): label for label, answers in labels for pk in answers}
    players: dict[int, int] = {}
    pks = list(said)
    for start in range(0, len(pks), FETCHED):
        some = Answer.objects.filter(pk__in=pks[start : start + FETCHED])
        players |= {
            pk: player
            for pk, player, label in some.values_list("pk", "player_id", "label")
            if said[pk] == label
        }
    parts = []
    for _, answers in labels:
        agreed = [players[int(pk)] for pk in answers if int(pk) in players]
        part: dict[int, float] = defaultdict(float)
        for player in agreed:
            part[player] += 1 / len(agreed)
        parts.append(dict(part))
    return parts
