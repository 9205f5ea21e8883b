"""The admin's words and colours for its templates (webhooks/words.py)."""

from datetime import datetime

from django import template
from django.db.models import Model
from django.urls import reverse

from webhooks import words
from webhooks.models import Delivery

register = template.Library()


@register.filter
def moment(at: datetime | None) -> str:
    return words.moment(at)


@register.filter
def to_the_second(at: datetime) -> str:
    return f"{at:%d %b %Y, %H:%M:%S}"


@register.filter
def outcome(name: str) -> str:
    return words.outcome(name)


@register.filter
def label(name: str) -> str:
    return words.label(name)


@register.filter
def action_colour(action: str) -> str:
    return words.ACTION_COLOURS.get(action, "")


@register.filter
def delivery_colour(delivery: Delivery) -> str:
    return words.DELIVERY_COLOURS[words.delivery_state(delivery)[0]]


@register.filter
def delivery_words(delivery: Delivery) -> str:
    return words.delivery_state(delivery)[1]


@register.filter
def admin_page(row: Model) -> str:
    """The address of a row's own page in the admin."""
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return reverse(name, args=[row.pk])
