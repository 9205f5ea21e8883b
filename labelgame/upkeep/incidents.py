"""Cards like the rows that the newest model version must read rightly and does not
(classifier/must_pass.py). They are asked first: nothing else keeps a better version from going live
for so long.

The rows themselves are never learnt from. What is like them, people have to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from classifier.judged import failed_rows
from classifier.likeness import most_alike, most_alike_taken_for_the_same
from classifier.readings import Pair
from classifier.taxonomy import current_taxonomy
from labelgame.models import Poll
from labelgame.models.polls import PollQuerySet

# Cards for a row: of those that a model took for the same as it took the row, and of all. What it
# mistakes together it should be taught together; by words alone, half of them are like any text.
EACH_TAKEN_FOR_THE_SAME, EACH_OF_ALL = 20, 10
MOST = 200  # in all; a version that fails more rows than that lacks everything
LOOKED_AT = 10_000  # cards, of either kind: a second's work


@dataclass(frozen=True, slots=True)
class Card:
    poll: int
    pair: Pair
    guess: str


def cards_alike() -> Mapping[int, float]:
    """Poll -> how like it is to the one of these rows that it is most like, from 0 to 1."""
    failed = failed_rows()
    if not failed:
        return {}
    rows, labels = [row.pair for row in failed], [row.found for row in failed]
    polls = Poll.objects.with_room().of_question(current_taxonomy().primary.name)
    polls = polls.filter(is_apart=False)
    doubted = cards_of(polls.order_by("-doubt", "id"))
    # The latest, not the most doubted: what is surely taken for the wrong label is among them.
    mistaken = cards_of(polls.filter(guess__in=set(labels)).order_by("-id"))
    of_all = most_alike([card.pair for card in doubted], rows, each=EACH_OF_ALL)
    taken_for_the_same = most_alike_taken_for_the_same(
        [card.pair for card in mistaken], [card.guess for card in mistaken], rows, labels,
        each=EACH_TAKEN_FOR_THE_SAME,
    )  # fmt: skip
    found: dict[int, float] = {}
    for cards, alike in ((doubted, of_all), (mistaken, taken_for_the_same)):
        for place, much in alike.items():
            found[cards[place].poll] = max(much, found.get(cards[place].poll, 0.0))
    first = sorted(found, key=lambda poll: -found[poll])[:MOST]
    return {poll: found[poll] for poll in first}


def cards_of(polls: PollQuerySet) -> list[Card]:
    rows = polls.values_list("pk", "example__prompt", "example__text", "guess")[:LOOKED_AT]
    return [Card(pk, Pair(prompt, text), guess) for pk, prompt, text, guess in rows]
