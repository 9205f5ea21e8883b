"""`POST /classify`: the router by itself; config mounts it and asks for the key."""

from typing import Any

import pytest
from ninja.testing import TestClient

from classifier import api
from classifier.reader import Reader
from classifier.taxonomy import Taxonomy

from .test_reader import Echo


@pytest.fixture
def post(taxonomy: Taxonomy, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(api, "live_reader", lambda: Reader(Echo(taxonomy)))
    client = TestClient(api.router)
    return lambda body: client.post("/classify", json=body)


def test_readings_come_in_the_order_of_the_replies(post: Any) -> None:
    replies = [{"text": "abc"}, {"text": "STOP", "prompt": "Coming?"}, {"text": "a"}]
    readings = post({"replies": replies}).json()["readings"]
    assert [reading["confidence"] for reading in readings] == [3e-6, 1.0, 1e-6]
    assert set(readings[1]) == {
        "intent", "confidence", "scores", "tone", "tone_scores", "sentiment", "model", "unfamiliar",
        "tags",
    }  # fmt: skip


def test_while_a_large_request_is_read_another_is_told_to_come_back_and_small_ones_are_read(
    post: Any,
) -> None:
    few = {"replies": [{"text": "a"}] * api.FEW_REPLIES}
    many = {"replies": [{"text": "a"}] * (api.FEW_REPLIES + 1)}
    with api._turn(api.MOST_REPLIES) as has_turn:
        assert has_turn
        refused = post(many)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "3")
        assert "later" in refused.json()["detail"]
        assert post(few).status_code == 200
    assert post(many).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"replies": []}, "replies"),
        ({"replies": [{"text": "a"}] * 1_001}, "replies"),
        ({"replies": [{"text": "a" * 10_001}]}, "text"),
        ({"replies": [{"prompt": "a"}]}, "text"),
        ({"replies": [{"text": None}]}, "text"),
        ({}, "replies"),
    ],
)
def test_a_wrong_body_is_a_422_that_names_the_field(post: Any, body: Any, field: str) -> None:
    answer = post(body)
    assert answer.status_code == 422
    assert field in answer.json()["detail"][0]["loc"]


def test_a_thousand_replies_of_ten_thousand_characters_are_within_the_limits(post: Any) -> None:
    answer = post({"replies": [{"text": "a" * 10_000}] * 1_000})
    assert len(answer.json()["readings"]) == 1_000
