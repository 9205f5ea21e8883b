"""The forms of a player's own page."""

from django import forms

from labelgame.models import Contest, DayOff, Player
from labelgame.pages.forms import zones


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in stubs alone
    time_zone = forms.ChoiceField(choices=zones, help_text="Your days begin and end by it.")

    class Meta:
        model = Player
        fields = ("name", "time_zone", "daily_goal", "is_hidden")
        labels = {"daily_goal": "Goal of a day", "is_hidden": "Hide me on boards"}
        help_texts = {
            "is_hidden": "You alone see your line then; your team counts you all the same."
        }
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}


class DayOffForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = DayOff
        fields = ("day",)
        labels = {"day": "A day off"}
        widgets = {"day": forms.DateInput(attrs={"type": "date"})}


class ContestForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Contest
        fields = ("words",)
