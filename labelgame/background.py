"""What the game does by itself: every few seconds what players wait for, now and then what takes
longer. Each part may be done again and again, by two at once, or be lost and done next time.
"""

from collections import defaultdict
from datetime import datetime

from classifier.taxonomy import current_taxonomy
from config.processes import manage
from labelgame import actions, needs
from labelgame.models import GameSettings
from labelgame.upkeep import crediting, gold, incidents, polls, settling, watching, weighing

LONGEST_SECONDS = 3600


def see_to_game(*, now: datetime) -> None:
    """Quick: new examples are asked about, answers settle, cards come back and go, rounds end."""
    polls.close_pulled(now=now)
    polls.close_unasked(now=now)
    polls.reopen_put_back(now=now)
    polls.settle_given(now=now)
    polls.free_expired(now=now)
    polls.open_polls(now=now)
    polls.ask_contested(now=now)
    settling.settle_due(now=now)
    actions.close_left(now=now)


def weigh_if_worth_it(*, now: datetime) -> bool:
    """The quick part here; the full run, if enough is new, where its memory is given back."""
    gold.plant(now=now)
    watching.check_players(now=now)
    crediting.credit_versions(now=now)
    weigh_rarity()
    if weighing.is_any_worth_it():
        in_a_process("weigh")
        return True
    return False


def in_a_process(*command: str) -> None:
    """Of manage.py; whoever reads texts goes first. Where it takes too long, what it had done is
    committed, and the next one goes on.
    """
    manage(*command, "--step-aside", seconds=LONGEST_SECONDS)


def weigh(*, now: datetime, anyway: bool = False) -> bool:
    """The full run, if there is enough that is new, and what follows from it; whether there was.

    Checks are planted before the first answer, for they tell how the first players answer.
    """
    gold.plant(now=now)
    watching.check_players(now=now)
    if not weighing.weigh_everything(now=now, anyway=anyway):
        crediting.credit_versions(now=now)
        return False
    settling.settle_due(now=now)
    gold.grow(now=now)
    crediting.share_out()
    crediting.credit_versions(now=now)
    weigh_rarity()
    return True


def weigh_rarity() -> None:
    """What the model lacks most is asked first: what is like the texts that the newest version must
    read rightly and does not, then by what it took each text for.
    """
    lacking: dict[str, dict[str, float]] = defaultdict(dict)
    for need in needs.needs(GameSettings.current()):
        lacking[need.question][need.label] = need.more / need.wanted + need.short
    primary = current_taxonomy().primary.name
    for question, labels in lacking.items():
        alike = incidents.cards_alike() if question == primary else {}
        polls.weigh_rarity(question=question, lacking=labels, alike=alike)
