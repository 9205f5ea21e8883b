"""Cards like the rows that the newest model version must read rightly and does not
(classifier/must_pass.py). They are asked first: nothing else keeps a better version from going live
for so long.

The rows themselves are never learnt from. What is like them, people have to say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classifier.judged import Failed, failed_rows
from classifier.likeness import most_alike
from classifier.readings import Pair
from classifier.taxonomy import current_taxonomy
from labelgame.models import Poll

# Cards for a row: of those that a model took for the same as it took the row, and of all. What it
# mistakes together it should be taught together; by words alone, half of them are like any text.
EACH_TAKEN_FOR_THE_SAME, EACH_OF_ALL = 20, 10
MOST = 200  # in all; a version that fails more rows than that lacks everything
LOOKED_AT = 10_000  # the cards most in doubt: a second's work


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
    cards = cards_in_doubt()
    found = alike(cards, failed, each=EACH_OF_ALL)
    for label in sorted({row.found for row in failed}):
        taken_for_it = [card for card in cards if card.guess == label]
        rows = [row for row in failed if row.found == label]
        for poll, much in alike(taken_for_it, rows, each=EACH_TAKEN_FOR_THE_SAME).items():
            found[poll] = max(much, found.get(poll, 0.0))
    first = sorted(found, key=lambda poll: -found[poll])[:MOST]
    return {poll: found[poll] for poll in first}


def alike(cards: Sequence[Card], failed: Sequence[Failed], *, each: int) -> dict[int, float]:
    found = most_alike([card.pair for card in cards], [row.pair for row in failed], each=each)
    return {cards[place].poll: much for place, much in found.items()}


def cards_in_doubt() -> list[Card]:
    polls = Poll.objects.with_room().of_question(current_taxonomy().primary.name)
    doubted = polls.filter(is_apart=False).order_by("-doubt", "id")
    rows = doubted.values_list("pk", "example__prompt", "example__text", "guess")[:LOOKED_AT]
    return [Card(pk, Pair(prompt, text), guess) for pk, prompt, text, guess in rows]
