"""Loaded by pytest before Django's settings (see addopts): tests run as a demo of their own.

Whatever the shell has set for a real installation must not leak in, and nothing may be written
into the checkout's var/.
"""

import os
import signal
import tempfile
from pathlib import Path

for name in ("SECRET_KEY", "PUBLIC_BASE_URL", "REDIS_URL", "HOST", "PORT", "DEBUG", "MODELS_DIR"):
    os.environ.pop(name, None)
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
