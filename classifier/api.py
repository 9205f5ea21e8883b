"""`POST /classify`: replies in, readings out, in the same order.

config/api.py mounts this router and asks for the API key. Bad input is a 422 that names the field;
texts are neither stored nor logged.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from classifier.reader import live_reader
from classifier.readings import Pair, Unfamiliar
from classifier.subtags import TAGS

MOST_REPLIES = 1_000  # in one request: some three seconds of reading on two cores
# A larger request is read while no other such one is, in this process: those that take providers'
# texts are the same few threads, and a provider does not wait.
FEW_REPLIES = 64
WAIT_SECONDS = 3
LONGEST_TEXT = 10_000  # characters; a text message has at most 1,600

router = Router(tags=["classifier"])

Text = Annotated[str, Field(max_length=LONGEST_TEXT)]


class Reply(Schema):
    text: Text = Field(description="The reply, exactly as it came in.")
    prompt: Text = Field("", description="The reminder it answers; empty where there is none.")


class Replies(Schema):
    replies: Annotated[list[Reply], Field(min_length=1, max_length=MOST_REPLIES)]


class ReadingOut(Schema):
    intent: str
    confidence: float = Field(description="Of `intent`, calibrated, from 0 to 1.")
    scores: dict[str, float] = Field(description="Every label of the intent; they sum to 1.")
    tone: str | None
    tone_scores: dict[str, float]
    sentiment: float | None = Field(
        description="From -1 to 1: P(positive) - P(negative) - P(hostile)."
    )
    model: str = Field(description="The model version, or `rules` where a rule decided.")
    unfamiliar: Unfamiliar | None = Field(
        description="The text is in a language that the model cannot read, or in none: the scores "
        "say nothing. Else null."
    )
    tags: list[str] = Field(
        description="What a text read as `other` or `wrong_number` says besides:"
        f" {', '.join(TAGS)}."
    )


class Readings(Schema):
    readings: list[ReadingOut] = Field(description="One per reply, in the same order.")


class Busy(Schema):
    detail: str


@router.post(
    "/classify",
    response={200: Readings, 503: Busy},
    summary="Read replies",
    description=f"Of requests with more than {FEW_REPLIES} replies one is read at a time. Another"
    " gets 503 with a Retry-After, in seconds: send it again then.",
)
def classify(request: HttpRequest, response: HttpResponse, body: Replies) -> Status[dict[str, Any]]:
    with _turn(len(body.replies)) as has_turn:
        if not has_turn:
            response["Retry-After"] = str(WAIT_SECONDS)
            busy = "Another large request is being read. Send this one later."
            return Status(503, {"detail": busy})
        pairs = [Pair(reply.prompt, reply.text) for reply in body.replies]
        readings = [reading.as_dict() for reading in live_reader().read(pairs)]
        return Status(200, {"readings": readings})


_one_large = threading.Lock()


@contextmanager
def _turn(replies: int) -> Iterator[bool]:
    """Whether so many may be read now."""
    if replies <= FEW_REPLIES:
        yield True
    elif _one_large.acquire(blocking=False):
        try:
            yield True
        finally:
            _one_large.release()
    else:
        yield False
