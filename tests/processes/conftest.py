"""Fixtures that start real processes, and leave none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.installation import Installation
from tests.processes.receiver import Receiver


@pytest.fixture
def nod(tmp_path: Path) -> Iterator[Installation]:
    """A running installation of its own."""
    installation = Installation(tmp_path / "nod")
    try:
        installation.start()
        yield installation
    finally:
        installation.stop()


@pytest.fixture
def receiver(nod: Installation) -> Iterator[Receiver]:
    """A separate server that the installation delivers to."""
    system = Receiver()
    system.secret = nod.deliver_to(system.listen())
    yield system
    system.close()
