"""The forms of the game's pages. What players answer needs none: a card's buttons are the form."""

import secrets
import unicodedata
import zoneinfo
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.timezone import get_default_timezone_name

from classifier.taxonomy import Question
from labelgame.models import GameSettings, Player, Ruling
from labelgame.rules.scoring import CANT_TELL

USERNAME_TAKEN = "Somebody has this username already. Choose another one."

# ---- coming in -----------------------------------------------------------------------------


# One sentence for a wrong password, a wrong name and an account that is switched off.
WRONG = "This username and this password do not go together. Mind capital letters."


class SignInForm(AuthenticationForm):
    error_messages = {"invalid_login": WRONG, "inactive": WRONG}


def zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every place of the zone database, by continent; what has none stands under “Other”."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(zoneinfo.available_timezones()):
        continent, _, place = name.partition("/")
        if place and continent not in ("Etc", "SystemV", "posix", "right"):
            groups.setdefault(continent, []).append((name, place.replace("_", " ")))
    return [*groups.items(), ("Other", [("UTC", "UTC")])]


# Short words that are easy to say over a desk.
_ANIMALS = (
    *("badger", "crane", "deer", "eagle", "fox", "goose", "heron", "jay", "kiwi", "lark"),
    *("lynx", "mole", "otter", "owl", "panda", "puffin", "robin", "seal", "swan", "wren"),
)


def free_username() -> str:
    """One that nobody has; to take or to change."""
    while True:
        name = f"{secrets.choice(_ANIMALS)}-{secrets.randbelow(900) + 100}"
        if not User.objects.filter(username=name).exists():
            return name


class JoinForm(forms.Form):
    name = forms.CharField(
        label="Your name",
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    username = forms.CharField(
        max_length=User._meta.get_field("username").max_length,
        help_text="To sign in with. Keep this one or choose your own.",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        strip=False,
        help_text="12 characters or more.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "minlength": 12}),
    )
    time_zone = forms.ChoiceField(choices=zones)

    @staticmethod
    def start(time_zone: str) -> dict[str, str]:
        """What stands in the fields of a new form."""
        known = {name for _, places in zones() for name, _ in places}
        zone = next(
            (each for each in (time_zone, get_default_timezone_name()) if each in known), "UTC"
        )
        return {"username": free_username(), "time_zone": zone}

    def clean_username(self) -> str:
        username = unicodedata.normalize("NFKC", self.cleaned_data["username"])
        User.username_validator(username)
        # “Sam” beside “sam” would be signed in to by mistake.
        if User.objects.filter(username__iexact=username).exists():
            raise ValidationError(USERNAME_TAKEN)
        return username

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if "password" in given:
            somebody = User(username=given.get("username", ""), first_name=given.get("name", ""))
            try:
                validate_password(given["password"], somebody)
            except ValidationError as error:
                self.add_error("password", error)
        return given


# ---- people --------------------------------------------------------------------------------


class TeamField(forms.CharField):
    """The name of a team; one that is not known yet makes a new one."""

    def __init__(self) -> None:
        super().__init__(
            label="Team",
            max_length=60,
            required=False,
            help_text="A new name makes a new team.",
            widget=forms.TextInput(attrs={"list": "teams", "autocomplete": "off"}),
        )

    def to_python(self, value: Any) -> str:
        return " ".join((super().to_python(value) or "").split())


class InviteForm(forms.Form):
    note = forms.CharField(
        label="Whom is it for?",
        max_length=100,
        help_text="Only operators see this.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(choices=Player.Role.choices, initial=Player.Role.PLAYER)
    team = TeamField()


class PlaceForm(forms.Form):
    role = forms.ChoiceField(choices=Player.Role.choices)
    team = TeamField()


# ---- the rules of the game -----------------------------------------------------------------


class PercentField(forms.FloatField):
    """A share, as people write it: 10 for 0.1."""

    unit = "%"

    def __init__(self, *, least: float, most: float, **options: Any) -> None:
        super().__init__(min_value=_percent(least), max_value=_percent(most), **options)

    def prepare_value(self, value: Any) -> Any:
        return f"{_percent(value):g}" if isinstance(value, float | int) else value

    def clean(self, value: Any) -> float | None:
        percent = super().clean(value)
        return None if percent is None else round(percent / 100, 6)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(None if initial is None else _percent(initial), data)


def _percent(share: float) -> float:
    return round(100 * share, 4)


def _field_of(column: Any, **options: Any) -> forms.Field | None:
    """Of a column of the settings."""
    if not isinstance(column, models.FloatField):
        field: forms.Field | None = column.formfield(**options)
        return field
    limits: dict[type, float] = {
        type(each): each.limit_value
        for each in column.validators
        if isinstance(each, MinValueValidator | MaxValueValidator)
    }
    return PercentField(
        least=limits[MinValueValidator],
        most=limits[MaxValueValidator],
        label=str(column.verbose_name).capitalize(),
        help_text=column.help_text,
        initial=column.default,
    )


class GameSettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in stubs alone
    class Meta:
        model = GameSettings
        fields = (
            "first_votes",
            "most_votes",
            "target",
            "gold_share",
            "repeat_share",
            "doubt_share",
            "disagreement_share",
            "rarity_share",
            "relabel_share",
            "random_share",
            "primary_share",
            "most_of_a_label",
            "boards_on",
            "league_size",
            "missions_on",
            "wanted_per_label",
            "lease_seconds",
            "holidays",
        )
        widgets = {"holidays": forms.Textarea(attrs={"rows": 4, "placeholder": "2026-12-25"})}
        formfield_callback = _field_of


# ---- reviews -------------------------------------------------------------------------------


class RulingForm(forms.Form):
    reason = forms.ChoiceField(
        label="Why could the players not agree?",
        choices=Ruling.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say why before you decide."},
    )
    note = forms.CharField(
        label="A note",
        max_length=300,
        required=False,
        help_text="Players who were wrong read it.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    make_gold = forms.BooleanField(
        label="Make it a hidden check",
        required=False,
        help_text="For a card on which nobody can be in doubt who knows the guide. One in five is"
        " never shown: it tells how often consensus is right.",
    )
    # How many rulings there were when the page was opened: one who decides must have seen them.
    seen = forms.IntegerField(widget=forms.HiddenInput)
    label = forms.ChoiceField(error_messages={"required": "Choose a label."})

    def __init__(self, question: Question, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [*question.label_names, CANT_TELL]
        label = self.fields["label"]
        assert isinstance(label, forms.ChoiceField)
        label.choices = [(name, name) for name in names]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("make_gold") and given.get("label") == CANT_TELL:
            self.add_error("make_gold", "A check needs a label that is right.")
        return given


class LookForm(forms.Form):
    """At the words as they were sent."""

    source = forms.TypedChoiceField(label="Which one?", coerce=int, widget=forms.RadioSelect)
    why = forms.CharField(
        label="Why do you need them?",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, sources: Iterable[tuple[int, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Sequence[tuple[int, str]] = list(sources)
        source = self.fields["source"]
        assert isinstance(source, forms.ChoiceField)
        source.choices = choices
        if len(choices) == 1:
            source.widget = forms.HiddenInput()
            source.initial = choices[0][0]
