"""The baseline, fitted once for all tests that start an installation of their own, and found again
by the next run: each of them would learn the same from the same rows, for half a minute.

Whether a file may be found again is told by its name, as in life (classifier/baseline.py).
"""

import fcntl
import shutil
from functools import cache
from pathlib import Path

from django.test import override_settings

FOLDER = Path(__file__).resolve().parents[1] / ".cache" / "baselines"


def lay_out_fitted(models_dir: Path) -> None:
    """As if Nod had been started there before."""
    shutil.copytree(_fitted(), models_dir, dirs_exist_ok=True)


@cache
def _fitted() -> Path:
    from classifier.baseline import starter_baseline  # scikit-learn takes seconds

    FOLDER.mkdir(parents=True, exist_ok=True)
    # Tests run side by side: one of them fits it, the others wait.
    with FOLDER.with_suffix(".lock").open("w") as lock, override_settings(MODELS_DIR=FOLDER):
        fcntl.flock(lock, fcntl.LOCK_EX)
        starter_baseline.__wrapped__()
    return FOLDER
