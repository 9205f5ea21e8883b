"""The form for a row that operators add to what candidates are judged on."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget  # type: ignore[import-untyped]

from classifier.judged import twin_of
from classifier.models import JudgedRow
from classifier.readings import Pair
from classifier.taxonomy import current_taxonomy
from config.adminbase import ModelForm


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
