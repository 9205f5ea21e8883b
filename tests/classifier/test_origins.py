"""What a version was made of stands in its report, and changes when it changes."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.training import origins
from classifier.training.origins import CLASSIFIER, MASKING, MODULES, base_of, origins_of

from .conftest import Tiny


def test_a_report_says_what_the_version_was_made_of(tiny: Tiny) -> None:
    training = tiny.version.report["training"]
    assert {"base", "code", "masking", "guide"} <= training.keys()
    assert {name: training[name] for name in origins_of(tiny.config)} == origins_of(tiny.config)


def test_the_base_is_known_by_its_weights(tiny: Tiny, tmp_path: Path) -> None:
    weights = Path(tiny.config.checkpoint) / "model.safetensors"
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    assert base_of(tiny.config.checkpoint) == {"weights": {"model.safetensors": digest}}
    (tmp_path / "model.safetensors").write_bytes(b"others")
    other = origins_of(replace(tiny.config, base_model=str(tmp_path)))
    assert other["base"] != origins_of(tiny.config)["base"]
    assert other["code"] == origins_of(tiny.config)["code"]


def test_every_named_file_exists() -> None:
    assert [name for name in (*MODULES, *MASKING) if not (CLASSIFIER / name).is_file()] == []


def test_another_guide_is_another_digest_and_none_is_none(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = tmp_path / "labels.md"
    monkeypatch.setattr(origins, "GUIDE", guide)
    assert origins_of(tiny.config)["guide"] is None
    guide.write_text("yes is confirm")
    before = origins_of(tiny.config)["guide"]
    guide.write_text("yes is other")
    assert origins_of(tiny.config)["guide"] not in (None, before)
