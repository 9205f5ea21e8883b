"""A crowd's game in words and columns, for a terminal. Pure."""

from collections.abc import Sequence
from statistics import fmean

from labelgame.simulation.judging import Earned, Fixed, Found, Played, Share


def of_a_game(played: Played) -> str:
    return "\n".join(
        [
            f"{played.players} players, {played.cards} cards about {played.examples} texts,"
            f" {played.answers:,} answers",
            "",
            *_rightness(played),
            "",
            *_redundancy(played),
            "",
            f"wrong labels that got through: {played.wrong_through} of {played.settled.of} settled"
            f" cards, {played.wrong_by_liars} of them as a liar said",
            f"left to a reviewer: {played.in_review}; not settled: {played.unfinished}; with more"
            f" answers than asked: {played.too_many}",
            "",
            *_earnings(played.earned),
            "",
            *_sightings(played.found),
            f"honest players blamed: {played.honest_blamed}",
        ]
    )


def of_many(games: Sequence[Played]) -> str:
    """What is the same in all of them, in five lines."""
    blind = [each for game in games for each in game.earned if each.kind in ("random", "one key")]
    ahead = [game.consensus.share - game.majority.share for game in games]
    return "\n".join(
        [
            f"{len(games)} {'crowd' if len(games) == 1 else 'crowds'}:",
            f"  consensus is right {100 * fmean(ahead):.1f} points more often than majority on the"
            f" same answers (from {100 * min(ahead):.1f} to {100 * max(ahead):.1f})",
            f"  a settled card took {fmean(game.votes_per_card for game in games):.2f} answers and"
            f" was right in {fmean(game.settled.share for game in games):.1%} of the cases;"
            f" majority among three in {fmean(_at(game, 3) for game in games):.1%}",
            f"  majority needs {_fixed_words(games)} answers to every card to be as often right",
            f"  the best of the blind players ended with {max(each.most for each in blind)} points"
            if blind
            else "  no blind players took part",
        ]
    )


def _at(game: Played, answers: int) -> float:
    return next((each.majority for each in game.fixed if each.answers == answers), 0.0)


def _fixed_words(games: Sequence[Played]) -> str:
    found = [game.as_many_as for game in games]
    if None in found:
        return f"more than {games[0].fixed[-1].answers}"
    return f"{fmean(each for each in found if each is not None):.1f}"


def _rightness(played: Played) -> list[str]:
    lines = [
        ("the game, of what it settled", played.settled),
        ("consensus, on all its answers", played.consensus),
        ("majority, on the same answers", played.majority),
    ]
    return [f"{name:<32}{_share(share)}" for name, share in lines]


def _share(share: Share) -> str:
    return f"{share.share:>7.1%} of {share.of} right"


def _redundancy(played: Played) -> list[str]:
    needed = "more than were tried" if played.as_many_as is None else f"{played.as_many_as}"
    return [
        f"answers to a settled card: {played.votes_per_card:.2f}; with a fixed number, majority"
        f" needs {needed} to be as often right",
        f"{'answers to every card':<24}{'majority':>10}{'consensus':>11}",
        *(_fixed(each) for each in played.fixed),
    ]


def _fixed(each: Fixed) -> str:
    consensus = "" if each.consensus is None else f"{each.consensus:>11.1%}"
    return f"{each.answers:>21}   {each.majority:>10.1%}{consensus}"


def _earnings(earned: Sequence[Earned]) -> list[str]:
    return [
        f"{'points':<12}{'players':>8}{'answers':>9}{'least':>8}{'most':>8}{'per 100 answers':>17}",
        *(
            f"{each.kind:<12}{each.players:>8}{each.answers:>9}{each.least:>8}{each.most:>8}"
            f"{each.per_hundred:>+17.0f}"
            for each in earned
            if each.players
        ),
    ]


def _sightings(found: Sequence[Found]) -> list[str]:
    """After how many answers of theirs."""
    return [
        f"{'seen through':<12}{'sign':>8}{'wrong':>9}{'chance':>8}{'right':>8}{'weight':>8}",
        *(
            f"{each.name:<12}{_after(each.sign_after):>8}{_after(each.wrong_after):>9}"
            f"{_after(each.below_chance_after):>8}"
            f"{'–' if each.right is None else f'{each.right:.2f}':>8}{each.weight:>8.2f}"
            for each in found
        ),
    ]


def _after(answers: int | None) -> str:
    return "never" if answers is None else str(answers)
