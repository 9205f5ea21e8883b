"""Cards for whoever tries Nod out: replies as they might have come, that nobody has labelled.

Written for this, apart from the starter set: what visitors answer teaches their model something.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from classifier.examples import Arrival, add_examples
from classifier.models import ExampleSource
from classifier.reader import live_reader
from classifier.readings import Pair
from labelgame.upkeep import gold, polls

FILE = Path(__file__).with_name("demo.jsonl")
REFERENCE = "demo"


def has_cards() -> bool:
    return ExampleSource.objects.filter(
        kind=ExampleSource.Kind.IMPORT, reference__startswith=f"{REFERENCE}:"
    ).exists()


def make_cards(*, now: datetime) -> int:
    """As if they had come just now, read by the live model; and hidden checks among them."""
    pairs = _pairs()
    arrivals = [
        Arrival(
            pair=pair,
            source=ExampleSource.Kind.IMPORT,
            reference=f"{REFERENCE}:{number}",
            received_at=now,
            reading=reading,
        )
        for number, (pair, reading) in enumerate(
            zip(pairs, live_reader().read(pairs), strict=True), start=1
        )
    ]
    examples = add_examples(arrivals=arrivals, now=now)
    gold.plant(now=now)
    polls.open_polls(now=now)
    return len(examples)


def _pairs() -> Sequence[Pair]:
    rows = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    return [Pair(row["prompt"], row["text"]) for row in rows]
