"""What is decided before any model: carriers' keywords, then reactions. Pure.

Training and serving both send every pair through `apply`, so a model is never trained on, nor asked
about, a text that a rule would have taken away from it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from classifier.data import Row, without_duplicates
from classifier.keywords import keyword_of
from classifier.reactions import parse_reaction, prompt_reacted_to
from classifier.readings import Pair
from classifier.taxonomy import REMOVED, Rule, Taxonomy


@dataclass(frozen=True, slots=True)
class Ruled:
    """Either `labels` (question -> label: decided) or `pair`, which a model has to read."""

    labels: Mapping[str, str] | None
    pair: Pair


def apply(pair: Pair, taxonomy: Taxonomy) -> Ruled:
    keyword = keyword_of(pair.text)
    if keyword is not None and (rule := taxonomy.keywords.get(keyword)) is not None:
        return _outcome(rule, pair)
    reaction = parse_reaction(pair.text)
    if reaction is not None:
        name = REMOVED if reaction.removed else reaction.kind
        prompt = prompt_reacted_to(reaction, pair.prompt)
        if (rule := taxonomy.reactions.get(name)) is not None:
            return _outcome(rule, Pair(prompt, pair.text))
    return Ruled(None, pair)


def left_to_models(rows: Iterable[Row], taxonomy: Taxonomy) -> list[Row]:
    """The rows that reach a model, with the words it is given: what is trained and judged on."""
    ruled = ((row, apply(row.pair, taxonomy)) for row in rows)
    return without_duplicates(
        replace(row, prompt=item.pair.prompt, text=item.pair.text)
        for row, item in ruled
        if item.labels is None
    )


def _outcome(rule: Rule, pair: Pair) -> Ruled:
    if rule.read_as is not None:
        return Ruled(None, Pair(pair.prompt, rule.read_as))
    return Ruled(rule.labels, pair)
