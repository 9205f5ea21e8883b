"""The rows behind a message's way, one module per part of it.

accounts.py    who may speak: businesses, their lines and signing keys, API keys
messages.py    what was said: reminders, messages, contacts, delivery receipts
decisions.py   what Nod made of it: readings, decisions, events
shadows.py     what another model version would have made of it
deliveries.py  who was told: endpoints and their secrets, deliveries and attempts
"""

from webhooks.models.accounts import ApiKey, Business, Line, SigningKey
from webhooks.models.decisions import Decision, Event, Reading
from webhooks.models.deliveries import Delivery, DeliveryAttempt, Endpoint, EndpointSecret
from webhooks.models.messages import Contact, Message, Reminder, StatusUpdate
from webhooks.models.shadows import ChangedDecision, ShadowRun

__all__ = [
    "ApiKey",
    "Business",
    "ChangedDecision",
    "Contact",
    "Decision",
    "Delivery",
    "DeliveryAttempt",
    "Endpoint",
    "EndpointSecret",
    "Event",
    "Line",
    "Message",
    "Reading",
    "Reminder",
    "ShadowRun",
    "SigningKey",
    "StatusUpdate",
]
