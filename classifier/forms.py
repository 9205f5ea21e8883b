"""What operators fill in: a row that candidates are judged on, and why a version should serve that
the gate has not passed.
"""

from typing import Any

from django import forms
from django.utils.text import capfirst
from unfold.widgets import (  # type: ignore[import-untyped]
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from classifier.actions import LONGEST_ALTHOUGH
from classifier.judged import twin_of
from classifier.models import JudgedRow, ModelVersion
from classifier.readings import Pair
from classifier.taxonomy import current_taxonomy
from config.adminbase import DialogForm, ModelForm


class PutLiveForm(DialogForm):
    """Asks for a reason where it has neither passed the gate against what is live nor served
    before.
    """

    although = forms.CharField(
        label="Why should it serve all the same?",
        max_length=LONGEST_ALTHOUGH,
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        version = _version(str(self.object_id))
        live = ModelVersion.objects.live().first()
        if objection := version.objection(live) if version is not None else "":
            self.fields["although"].help_text = f"{capfirst(objection)}."
        else:
            del self.fields["although"]


def _version(object_id: str) -> ModelVersion | None:
    return ModelVersion.objects.filter(pk=object_id).first() if object_id.isdecimal() else None


class JudgedRowForm(ModelForm):
    """One choice per question instead of the labels' JSON. A test row may leave a question open; a
    must-pass row says what is wanted, for that is what Nod acts upon.
    """

    class Meta:
        model = JudgedRow
        fields = ("pack", "prompt", "text", "group", "why")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.taxonomy = current_taxonomy()
        for question in self.taxonomy.questions:
            labels = ((label.name, label.title) for label in question.labels)
            self.fields[question.name] = forms.ChoiceField(
                label=question.asks,
                choices=[("", "not said"), *labels],
                initial=self.instance.labels.get(question.name, ""),
                required=question is self.taxonomy.primary,
                widget=UnfoldAdminSelectWidget,
            )

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if not text.strip():
            raise forms.ValidationError("Write the reply as it was typed.")
        return text

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        values = cleaned or self.cleaned_data
        if {"pack", "text"} <= values.keys():
            pair = Pair(values.get("prompt", ""), values["text"])
            if twin := twin_of(self.instance, values["pack"], pair, self.taxonomy):
                self.add_error("text", f"These texts are judged already: {twin.where}.")
        return cleaned

    def save(self, commit: bool = True) -> Any:
        self.instance.labels = {
            question.name: label
            for question in self.taxonomy.questions
            if (label := self.cleaned_data[question.name])
        }
        return super().save(commit)
