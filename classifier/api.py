"""`POST /classify`: replies in, readings out, in the same order.

config/api.py mounts this router and asks for the API key. Bad input is a 422 that names the field;
texts are neither stored nor logged.
"""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from classifier.reader import live_reader
from classifier.readings import Pair, Unfamiliar
from classifier.subtags import TAGS

MOST_REPLIES = 1_000  # in one request: some three seconds of reading on two cores
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


@router.post("/classify", response=Readings, summary="Read replies")
def classify(request: HttpRequest, body: Replies) -> dict[str, list[dict[str, Any]]]:
    pairs = [Pair(reply.prompt, reply.text) for reply in body.replies]
    return {"readings": [reading.as_dict() for reading in live_reader().read(pairs)]}
