"""The rows behind a message's way, one module per part of it.

accounts.py    who may speak: businesses, their lines and signing keys, API keys
messages.py    what was said: reminders, messages, contacts, delivery receipts
decisions.py   what Nod made of it: readings, decisions, events
deliveries.py  who was told: endpoints and their secrets, deliveries and attempts
"""

from webhooks.models.accounts import ApiKey, Business, Line, SigningKey
from webhooks.models.decisions import Decision, Event, Reading
from webhooks.models.deliveries import Delivery, DeliveryAttempt, Endpoint, EndpointSecret
from webhooks.models.messages import Contact, Message, Reminder, StatusUpdate

__all__ = [
    "ApiKey",
    "Business",
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
    "SigningKey",
    "StatusUpdate",
]
