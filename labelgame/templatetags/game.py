"""How masked words and points are written, and in which order labels."""

from collections.abc import Iterator

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from classifier.masking import CHIP
from classifier.taxonomy import Label, Question
from labelgame.pages.cards import label_of
from labelgame.rules.leagues import Best
from labelgame.rules.missions import Mission

register = template.Library()


@register.filter
def chips(words: str) -> SafeString:
    """`[name]` as a chip; everything else of the words escaped."""
    return format_html_join("", "{}", ((piece,) for piece in _pieces(words)))


def _pieces(words: str) -> Iterator[str]:
    end = 0
    for chip in CHIP.finditer(words):
        yield words[end : chip.start()]
        yield format_html('<span class="chip">{}</span>', chip[0][1:-1])
        end = chip.end()
    yield words[end:]


@register.filter
def strongest_first(question: Question) -> list[Label]:
    """Its labels in the order in which one of them stands for a text that holds several."""
    return [question.label(name) for name in question.precedence]


@register.filter
def signed(points: int, plus: str = "+") -> str:
    """With the minus of typography, which screen readers say too."""
    return f"{plus if points > 0 else ''}{points}".replace("-", "−")


@register.filter
def percent_of_best(best: Best) -> int:
    """This week, of the better of it and one's own best."""
    return max(0, 100 * best.this_week // max(best.this_week, best.best, 1))


@register.filter
def emoji(mission: Mission) -> str:
    return label_of(mission.question, mission.label).emoji
