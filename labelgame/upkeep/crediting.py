"""From a model version back to who taught it: how many of each player's labels it learnt.

And how much of a label one player may say: what a training learns of any label, no player has a
larger part of than the settings allow.
"""

from collections import Counter, defaultdict
from datetime import datetime
from math import ceil

from django.core.cache import cache

from classifier.dataset import rows_of_files
from classifier.examples import weigh_labels
from classifier.lineage import labels_behind
from classifier.models import Example, ExampleLabel, ModelVersion
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


def share_out(*, now: datetime) -> int:
    """Set the weights of labels so that no player has too large a part of any; how many changed."""
    cap = GameSettings.current().most_of_a_label
    taxonomy = current_taxonomy()
    files = rows_of_files(taxonomy)
    changed = 0
    for question in taxonomy.questions:
        labels = list(
            ExampleLabel.objects.standing()
            .of_question(question.name)
            .filter(example__in=Example.objects.trainable(), settled_at__lte=now)
            .values_list("pk", "label", "answers")
        )
        parts = _contributions([(label, answers) for _, label, answers in labels])
        # What ships with Nod and lies in files is learnt as well, and is nobody's.
        nobodys = [label for row in files if (label := row.labels[question.name])]
        weights = weights_under_cap(
            [*_capped(parts, labels, cap), *({} for _ in nobodys)],
            [*(label for _, label, _ in labels), *nobodys],
            cap=cap,
        )[: len(labels)]
        of = {pk: weight for (pk, _, _), weight in zip(labels, weights, strict=True)}
        pks = list(of)
        for start in range(0, len(pks), FETCHED):
            some = pks[start : start + FETCHED]
            changed += weigh_labels(weights={pk: of[pk] for pk in some})
    return changed


def _capped(
    parts: list[dict[int, float]], labels: list[tuple[int, str, list[str]]], cap: float
) -> list[dict[int, float]]:
    """Of labels that enough people gave. Of three, nobody can have less than a third: held to it,
    two would lose nearly all that they said because the third one said little.
    """
    players: dict[str, set[int]] = defaultdict(set)
    for part, (_, label, _) in zip(parts, labels, strict=True):
        players[label] |= part.keys()
    enough = {label for label, of_label in players.items() if len(of_label) > ceil(1 / cap)}
    return [
        part if label in enough else {} for part, (_, label, _) in zip(parts, labels, strict=True)
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
