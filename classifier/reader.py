"""Text -> reading, for everybody: `live_reader().read(pairs)`.

Step 5 of a message's way. One result for each pair, in order, whatever the strings are. Rules
decide first; the rest goes to the live version, or to the baseline while there is none. A process
loads the live version once and looks at each call whether another one has gone live. Texts are
never logged. Whole files ask `reader_of(name)` instead: a file stays with one version.
"""

import logging
import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache

from django.conf import settings

from classifier import actions, rules
from classifier.models import ModelVersion
from classifier.readings import BASELINE, RULES, Pair, Reading, reading_from_scores
from classifier.scoring import Scorer, Scores, scorer_of
from classifier.subtags import has_tags, tags_of
from classifier.taxonomy import Taxonomy
from classifier.unfamiliar import unfamiliar
from classifier.versions import DamagedVersion, open_version

log = logging.getLogger(__name__)

RETRY_DAMAGED_SECONDS = (
    60.0  # somebody may put the folder right; hashing it at each call costs 0.3 s
)


class Reader:
    """Rules, then a scorer. `name` is what its readings are signed with."""

    def __init__(self, scorer: Scorer, *, use_rules: bool = True) -> None:
        self.scorer = scorer
        self.use_rules = use_rules  # off only to judge a model by itself

    @property
    def name(self) -> str:
        return self.scorer.name

    @property
    def taxonomy(self) -> Taxonomy:
        return self.scorer.taxonomy

    def read(self, pairs: Sequence[Pair]) -> list[Reading]:
        """One reading per pair, in order. The same pair twice in the list is read once."""
        ruled = [self._ruled(pair) for pair in pairs]
        unread = list(dict.fromkeys(item.pair for item in ruled if item.labels is None))
        scored = self.scorer.scores(unread) if unread else []
        readings = dict(zip(unread, map(self._reading, unread, scored), strict=True))
        return [
            readings[item.pair] if item.labels is None else self._decided(item) for item in ruled
        ]

    def _ruled(self, pair: Pair) -> rules.Ruled:
        return rules.apply(pair, self.taxonomy) if self.use_rules else rules.Ruled(None, pair)

    def _reading(self, pair: Pair, scores: Scores) -> Reading:
        reading = reading_from_scores(
            scores,
            primary=self.taxonomy.primary.name,
            model=self.name,
            thresholds=self.scorer.thresholds,
            unfamiliar=unfamiliar(pair.text) if settings.READER_SPOTS_UNFAMILIAR else None,
        )
        if not has_tags(self.taxonomy):
            return reading
        return replace(reading, tags=tags_of(pair, label=reading.intent, tone=reading.tone))

    def _decided(self, ruled: rules.Ruled) -> Reading:
        labels = ruled.labels or {}
        scores = {
            question.name: {
                label: float(label == labels[question.name]) for label in question.label_names
            }
            for question in self.taxonomy.questions
        }
        return reading_from_scores(scores, primary=self.taxonomy.primary.name, model=RULES)


@dataclass
class _Current:
    """What this process reads with. `row` is the live row it stands for, None for the baseline."""

    reader: Reader | None = None
    row: str | None = None
    refused: str | None = None  # a damaged live version, not to be tried again before `retry_at`
    retry_at: float = 0.0


_current = _Current()
_loading = threading.Lock()


def live_reader() -> Reader:
    """The reader of the live version: one small query, and a load when the live row changed."""
    return _reader_for(ModelVersion.objects.live().only("name", "folder", "digest").first())


def _reader_for(live: ModelVersion | None) -> Reader:
    if _is_current(live):
        return _serving()
    # The first load is waited for; during a swap the others go on reading with the version before.
    if not _loading.acquire(blocking=_current.reader is None):
        return _serving()
    try:
        if not _is_current(live):
            _load(live)
    finally:
        _loading.release()
    return _serving()


def live_name() -> str:
    """What `reader_of` has to be asked for to read as this installation reads now."""
    live = ModelVersion.objects.live().only("name").first()
    return live.name if live is not None else BASELINE


@lru_cache(maxsize=1)  # a worker gets one file's chunks one after another
def reader_of(name: str) -> Reader:
    """The reader of this version, be it live or not, or DamagedVersion.

    What it makes of a list depends on that list alone: it remembers no reminders, because int8
    takes its scale from all that is read together.
    """
    if name == BASELINE:
        return _baseline_reader()
    row = ModelVersion.objects.filter(name=name).only("folder", "digest").first()
    if row is None:
        raise DamagedVersion(f"{name}: there is no such model version in this database.")
    version = open_version(row.path, digest=row.digest)
    return Reader(scorer_of(version, budget=settings.READER_TOKEN_BUDGET, remembered=0))


def forget() -> None:
    """Load afresh at the next call. For forked children, whose threads stayed behind."""
    global _current, _loading
    _current, _loading = _Current(), threading.Lock()
    reader_of.cache_clear()


os.register_at_fork(after_in_child=forget)


def _serving() -> Reader:
    if _current.reader is None:
        raise RuntimeError("no reader was loaded")  # unreachable: every load ends with one
    return _current.reader


def _is_current(live: ModelVersion | None) -> bool:
    if _current.reader is None:
        return False
    name = live.name if live is not None else None
    if name is not None and name == _current.refused:
        return time.monotonic() < _current.retry_at
    return name == _current.row


def _load(live: ModelVersion | None) -> None:
    """Only under `_loading`. Whatever happens, `_current.reader` is set afterwards."""
    if live is None:
        _current.reader, _current.row = _baseline_reader(), None
        name = _current.reader.name
        log.warning("No trained model is live: %s reads. Run `manage.py train`.", name)
        return
    try:
        version = open_version(live.path, digest=live.digest)
        scorer = scorer_of(version, budget=settings.READER_TOKEN_BUDGET)
    except DamagedVersion as exc:
        log.error("Live model version refused: %s", exc)
        _current.refused = live.name
        _current.retry_at = time.monotonic() + RETRY_DAMAGED_SECONDS
        if _current.reader is None:
            _current.reader, _current.row = _reader_before(live), None
        return
    _current.reader, _current.row, _current.refused = Reader(scorer), live.name, None
    log.info("Reading with model version %s.", live.name)


def _reader_before(live: ModelVersion) -> Reader:
    """Of the latest version before this one that is whole: what the processes read with that were
    running when it went live.
    """
    for row in actions.served_before(live):
        with suppress(DamagedVersion):
            version = open_version(row.path, digest=row.digest)
            return Reader(scorer_of(version, budget=settings.READER_TOKEN_BUDGET))
    return _baseline_reader()


def _baseline_reader() -> Reader:
    # Imported only where it is needed: scikit-learn costs each process a second and 110 MB.
    from classifier import baseline

    return Reader(baseline.starter_baseline())
