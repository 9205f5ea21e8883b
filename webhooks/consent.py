"""Who may be texted: opt-out and opt-in words, and what they mean for the person.

They hold from the moment a text is kept, before and whatever a model makes of it.
"""

from datetime import datetime

from django.db import models

from classifier.keywords import Keyword, keyword_of
from webhooks.models import Contact, Message


def consent_word(message: Message) -> Keyword | None:
    """STOP, CANCEL or START if the text is one: they hold from the moment they are kept, whatever
    else becomes of the text."""
    if message.line_id is None:
        return None
    if message.opt_out_type == Keyword.START:
        return Keyword.START
    keyword, _ = keyword_in(message)
    return keyword if keyword is not Keyword.HELP else None


def mind_consent(message: Message, word: Keyword) -> None:
    assert message.line_id is not None  # consent_word saw to it
    if word is Keyword.START:
        opt_in(line_id=message.line_id, address=message.sender, at=message.received_at)
    else:
        by = "provider" if message.opt_out_type else "keyword"
        opt_out(line_id=message.line_id, address=message.sender, by=by, at=message.received_at)


def keyword_in(message: Message) -> tuple[Keyword | None, bool]:
    """The keyword that the whole text is, and whether the provider said so itself.

    Words that mean two things are told apart by what was written. A bare YES lifts a block at the
    provider (START) and answers the reminder; a bare CANCEL sets one (STOP) and may mean the
    appointment. Where the provider names opt-outs itself, a CANCEL it did not name is only a word.
    """
    written = keyword_of(message.body)
    if message.opt_out_type == Keyword.START and written is not Keyword.START:
        return None, False
    if message.opt_out_type == Keyword.STOP and written is Keyword.CANCEL:
        return Keyword.CANCEL, True
    if message.opt_out_type:
        return Keyword(message.opt_out_type), True
    if written is Keyword.CANCEL and message.line and message.line.advanced_opt_out:
        return None, False
    return written, False


def opt_out(*, line_id: int, address: str, by: str, at: datetime) -> None:
    """This person gets no more texts from this line, unless they asked for them again since `at`.
    The first time stands."""
    contact = _contact(line_id=line_id, address=address)
    contact.filter(opted_out_at=None).exclude(opted_in_at__gt=at).update(
        opted_out_at=at, opted_out_by=by
    )


def opt_in(*, line_id: int, address: str, at: datetime) -> None:
    """This person wants texts again, unless they opted out since `at`."""
    contact = _contact(line_id=line_id, address=address)
    contact.exclude(opted_out_at__gt=at).update(opted_in_at=at, opted_out_at=None, opted_out_by="")


def _contact(*, line_id: int, address: str) -> models.QuerySet[Contact]:
    Contact.objects.bulk_create([Contact(line_id=line_id, address=address)], ignore_conflicts=True)
    return Contact.objects.filter(line_id=line_id, address=address)
