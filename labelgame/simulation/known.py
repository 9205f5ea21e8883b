"""What the simulation knows and the game does not: the label of every text."""

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random

from classifier.data import Row
from classifier.models import ExampleSource
from classifier.taxonomy import Question, Taxonomy
from labelgame.models import Poll
from labelgame.simulation.people import Card, card_of


class Known:
    """Rows whose labels are known, found again by the words that were sent."""

    def __init__(self, rows: Iterable[Row], taxonomy: Taxonomy, *, seed: int) -> None:
        self._rows = {(row.prompt, row.text): row for row in rows}
        self._seed = seed
        self._cards: dict[tuple[int, str], Card] = {}
        self._labels = {
            question.name: commonest_first(self._rows.values(), question)
            for question in taxonomy.questions
        }

    def card(self, poll: Poll) -> Card:
        """What this poll asks, for whoever is to answer."""
        return self._card(poll.example_id, poll.question)

    def card_of(self, row: Row, question: str) -> Card:
        """As hard each time, whoever asks and in whatever order."""
        return card_of(
            labels=self._labels[question],
            truth=row.labels[question],
            words=len(row.text.split()),
            dice=Random(f"{self._seed} {question} {row.prompt} {row.text}"),
        )

    def truth(self, poll: Poll) -> str:
        return self.card(poll).truth

    def truth_of(self, example: int, question: str) -> str:
        return self._card(example, question).truth

    def _card(self, example: int, question: str) -> Card:
        place = (example, question)
        if place not in self._cards:
            self._cards[place] = self.card_of(self._row(example), question)
        return self._cards[place]

    def _row(self, example: int) -> Row:
        """Of the words that made the example; what folded into it later is asked with it."""
        sources = ExampleSource.objects.filter(example=example).order_by("pk")
        return self._rows[sources.values_list("prompt", "text")[0]]


def commonest_first(rows: Iterable[Row], question: Question) -> Sequence[str]:
    """All labels of the question, of two as common the one that it names first."""
    counts = Counter(row.labels[question.name] for row in rows)
    return sorted(question.label_names, key=lambda label: -counts[label])
