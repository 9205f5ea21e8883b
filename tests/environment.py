"""Loaded by pytest before Django's settings (see addopts): tests run as a demo of their own.

Whatever the shell has set for a real installation must not leak in, least of all its database, and
nothing may be written into the checkout's var/.
"""

import os
import re
import signal
import tempfile
from pathlib import Path

from tests.postgres import HANDED_OVER

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "config/settings.py").read_text())

for name in SETTINGS:
    os.environ.pop(name, None)
if HANDED_OVER in os.environ:
    os.environ["DATABASE_URL"] = os.environ[HANDED_OVER]
var_dir = Path(tempfile.mkdtemp(prefix="nod-tests-"))
(var_dir / "static").mkdir()
os.environ["NOD_VAR"] = str(var_dir)
os.environ["LOG_LEVEL"] = "INFO"
os.environ["HF_HUB_OFFLINE"] = "1"  # no test may fetch a model
# Playwright's sync API runs an event loop in the test's thread; Django takes that for async.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
# A shell starts what it puts into the background deaf to Ctrl-C, and whatever the tests start would
# be as well.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
