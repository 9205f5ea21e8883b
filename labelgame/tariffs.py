"""What a mistake costs at present, for each question, as the last full run worked it out."""

from labelgame.models import QuestionState
from labelgame.rules.scoring import Tariff, tariff_of


def tariff_in_force(question: str) -> Tariff:
    found = QuestionState.objects.filter(question=question).first()
    return Tariff(found.wrong_costs, found.cant_tell_costs) if found else tariff_of({})
