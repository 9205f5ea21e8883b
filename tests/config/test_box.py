"""The demo in a container: what compose.yaml publishes, and what the image does by itself."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.checks import is_loopback

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def service() -> dict[str, Any]:
    [service] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"].values()
    return dict(service)


def test_the_only_port_is_published_on_loopback(service: dict[str, Any]) -> None:
    [published] = service["ports"]
    host, outside, inside = re.sub(r"\$\{PORT:-(\d+)\}", r"\1", published).split(":")
    assert is_loopback(host)
    assert outside == inside == "8000"
    assert service["environment"]["PORT"] == "${PORT:-8000}"
    assert "network_mode" not in service
    assert "expose" not in service


def test_the_box_is_the_demo_and_says_that_it_is_on_loopback(service: dict[str, Any]) -> None:
    assert service["environment"].keys() == {"PORT", "HOST", "PUBLISHED_ON_LOOPBACK"}
    assert "env_file" not in service


def test_what_nod_writes_is_in_the_volume(service: dict[str, Any], image: dict[str, str]) -> None:
    [mounted] = service["volumes"]
    assert mounted == "data:/data"
    assert "NOD_VAR=/data" in image["ENV"]
    assert image["VOLUME"] == "/data"


@pytest.fixture
def image() -> dict[str, str]:
    """The last line of each of the Dockerfile's instructions."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    rows = [row.partition(" ") for row in text.splitlines() if row and not row.startswith("#")]
    return {instruction: words.strip() for instruction, _, words in rows}


def test_the_image_alone_does_not_listen_to_others(image: dict[str, str]) -> None:
    """Published by hand on every address, it listens on the loopback of its container."""
    assert not {"HOST", "PUBLISHED_ON_LOOPBACK", "SECRET_KEY"} & set(
        re.findall(r"\w+", image["ENV"])
    )
    assert image["USER"] == "nod"
    assert "config.run" in image["CMD"]


def test_no_secret_of_this_machine_gets_into_the_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", "var", ".git"} <= set(ignored)
