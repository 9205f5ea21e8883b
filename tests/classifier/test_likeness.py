"""Which texts are most like these."""

from classifier.likeness import LEAST, most_alike
from classifier.readings import Pair

STOP = Pair("Should we stop sending these reminders?", "yes")
WRONG = Pair("Have we got the wrong number for [name]?", "no")
VISIT = Pair("Your visit is at [time]. Reply Y to confirm.", "Y")
NOTHING = Pair("", "🐈")
CARDS = [VISIT, STOP, NOTHING, WRONG]


def test_a_single_word_is_like_what_was_asked_not_like_the_same_word() -> None:
    found = most_alike(CARDS, [Pair("Would you like us to stop these reminders?", "Y")], each=1)
    assert list(found) == [CARDS.index(STOP)]


def test_of_each_the_nearest_and_none_that_share_nothing() -> None:
    asked = [Pair("Is this the wrong number for [name]?", "no this is me"), STOP]
    found = most_alike(CARDS, asked, each=3)
    assert set(found) == {CARDS.index(STOP), CARDS.index(WRONG)}
    assert all(LEAST <= likeness <= 1 for likeness in found.values())
    assert found[CARDS.index(STOP)] > 0.99


def test_of_nothing_nothing_is_like() -> None:
    assert most_alike([], [STOP], each=3) == most_alike(CARDS, [], each=3) == {}
    assert most_alike([NOTHING], [STOP], each=3) == {}
