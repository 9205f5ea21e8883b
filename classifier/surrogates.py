"""Believable words in the place of chips: “can we do [date]” -> “can we do the 14th”. Pure, given
the dice.

What players label is masked, and what the model reads is not. A training that put the chips before
the model would teach it words that it never meets; this puts something in their place that it does.
The same name stands in the reply as in the reminder half of the time, as it does in life.

A training does so for every pair that it draws (training/augment.py), anew each time, and once for
all with what it validates (training/produce.py); so does whoever asks a model about masked texts,
for it never learnt a chip. A pair without chips comes back as it is and takes
no dice; the same dice give the same words.
"""

import random
from collections.abc import Callable

from classifier.everyday import EVERYDAY, NAMES
from classifier.masking import CHIP
from classifier.readings import Pair

SAME_AS_REMINDER = 0.5  # of the chips in a reply whose kind stands in the reminder too

# Only what is nothing but a name, so that masking takes every surrogate for what it stands for.
_NAMES = tuple(sorted(name for name in NAMES - EVERYDAY if name.isalpha() and len(name) > 2))
_MONTHS = "January February March April May June July August September October November December"
_MONTH_NAMES = _MONTHS.split()
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_STREETS = ("Road", "Street", "Lane", "Close", "Avenue", "Drive")
_TREES = ("Alder", "Birch", "Hazel", "Juniper", "Larch", "Maple", "Rowan", "Willow")


def unmasked(pair: Pair, dice: random.Random) -> Pair:
    """Both texts with words in the place of their chips."""
    in_prompt: dict[str, list[str]] = {}
    prompt = _filled(pair.prompt, dice, lambda kind: _new(kind, in_prompt, dice))

    def again_or_new(kind: str) -> str:
        before = in_prompt.get(kind)
        if before and dice.random() < SAME_AS_REMINDER:
            return dice.choice(before)
        return surrogate(kind, dice)

    return Pair(prompt, _filled(pair.text, dice, again_or_new))


def surrogate(kind: str, dice: random.Random) -> str:
    return _SURROGATES[kind](dice)


def _new(kind: str, kept: dict[str, list[str]], dice: random.Random) -> str:
    words = surrogate(kind, dice)
    kept.setdefault(kind, []).append(words)
    return words


def _filled(text: str, dice: random.Random, words_for: Callable[[str], str]) -> str:
    """A text that is all in small letters stays so: the capital would give the chip away."""
    small = not any(map(str.isupper, text))

    def words(kind: str) -> str:
        found = words_for(kind)
        return found.lower() if small else found

    return CHIP.sub(lambda chip: words(chip[0][1:-1]), text)


def _name(dice: random.Random) -> str:
    return dice.choice(_NAMES).title()


def _phone(dice: random.Random) -> str:
    """Of the ranges that are kept for fiction."""
    form = dice.choice(("07700 900{:03d}", "01632 960{:03d}", "020 7946 0{:03d}"))
    return form.format(dice.randrange(1000))


def _email(dice: random.Random) -> str:
    return f"{dice.choice(_NAMES)}{dice.randrange(1, 99)}@mail.example"


def _link(dice: random.Random) -> str:
    head = dice.choice(("https://", "", "www."))
    return f"{head}{dice.choice(('book', 'form', 'pay', 'info'))}.example/{dice.randrange(1000):x}"


def _address(dice: random.Random) -> str:
    return f"{dice.randrange(1, 200)} {dice.choice(_TREES)} {dice.choice(_STREETS)}"


def _date(dice: random.Random) -> str:
    day = dice.randrange(1, 29)
    return dice.choice(
        (
            f"the {_ordinal(day)}",
            f"{day} {dice.choice(_MONTH_NAMES)}",
            f"{dice.choice(_MONTH_NAMES)} {_ordinal(day)}",
            f"{dice.choice(_WEEKDAYS)} the {_ordinal(day)}",
            f"{dice.choice(_WEEKDAYS)} {_ordinal(day)} {dice.choice(_MONTH_NAMES)}",
            f"{day}/{dice.randrange(1, 13)}",
        )
    )


def _ordinal(day: int) -> str:
    ending = "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def _time(dice: random.Random) -> str:
    hour, minute = dice.randrange(8, 20), dice.choice((0, 10, 15, 20, 30, 40, 45, 50))
    half_day = "am" if hour < 12 else "pm"
    twelve = (hour - 1) % 12 + 1
    if minute == 0:
        return dice.choice((f"{twelve}{half_day}", f"{twelve} {half_day}", f"{hour}:00"))
    return dice.choice((f"{hour}:{minute}", f"{twelve}:{minute}{half_day}", f"{twelve}.{minute}"))


def _number(dice: random.Random) -> str:
    digits = str(dice.randrange(1000, 10**8))
    return dice.choice((digits, f"{dice.choice('ABDFKMPRT')}{digits}"))


_SURROGATES: dict[str, Callable[[random.Random], str]] = {
    "name": _name,
    "phone": _phone,
    "email": _email,
    "link": _link,
    "address": _address,
    "date": _date,
    "time": _time,
    "number": _number,
}
