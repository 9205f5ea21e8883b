"""The documents name what exists, and leave out nothing that they promise to list."""

import re
from pathlib import Path

import pytest

from webhooks.models import Event
from webhooks.policy import Reason
from webhooks.retries import DELAYS

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
OURS = re.compile(r"`((?:config|classifier|webhooks|labelgame|tests|docs)/[\w./-]*)`")
LINK = re.compile(r"\]\(((?!https?:)[^)#]+)\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text()
    named = {ROOT / name for name in OURS.findall(text)}
    named |= {document.parent / name for name in LINK.findall(text)}
    assert [str(path) for path in named if not path.exists()] == []


def test_the_journey_names_every_step_of_the_way() -> None:
    text = (ROOT / "docs/journey.md").read_text()
    steps = ("views", "gate", "inbound", "actions", "tasks", "matching", "policy", "delivery")
    assert [step for step in steps if f"webhooks/{step}.py" not in text] == []


def test_every_setting_is_documented_and_every_documented_setting_is_read() -> None:
    settings = (ROOT / "config/settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', settings))
    rows = (ROOT / "docs/operating.md").read_text().split("## Settings")[1].split("## ")[0]
    documented = set(re.findall(r"`([A-Z_]+)`", "\n".join(re.findall(r"^\| (.*?) \|", rows, re.M))))
    assert read == documented


def test_the_documented_retry_table_is_the_one_in_force() -> None:
    text = (ROOT / "docs/webhooks.md").read_text()
    row = re.search(r"^\| seconds after the one before \|(.*)\|$", text, re.M)
    assert row is not None
    assert tuple(int(cell) for cell in row[1].split("|")) == DELAYS


@pytest.mark.parametrize("word", [*Event.Type.values, *Reason])
def test_every_event_type_and_reason_is_documented(word: str) -> None:
    assert f"| `{word}` |" in (ROOT / "docs/webhooks.md").read_text()


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"`make (\w+)`", (ROOT / "README.md").read_text())) <= targets
