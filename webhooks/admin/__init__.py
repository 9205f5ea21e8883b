"""The admin of texts and deliveries, for an operator who is no programmer.

businesses.py, lines.py, keys.py    who may speak: with signing keys and API keys
messages.py                         messages with their whole story; reminders, contacts, receipts
shadows.py                          what a model version would have decided otherwise
endpoints.py, deliveries.py         who is told, with secrets; every attempt, “send again”

Read next: webhooks/words.py (how states are said), config/adminbase.py (what all pages share).
"""

from webhooks.admin import businesses, deliveries, endpoints, keys, lines, messages, shadows

__all__ = ["businesses", "deliveries", "endpoints", "keys", "lines", "messages", "shadows"]
