"""The most memory that a real reading worker takes: Celery, the database, and all that an inbound
text goes through, started as `make run` starts it. It reads the pairs as texts that came in.
"""

import subprocess
from contextlib import ExitStack
from pathlib import Path

from classifier.versions import Version
from config.redis import server_command, socket_path
from config.run import celery
from tests.bench.peak import peak
from tests.processes.installation import ROOT, Installation, eventually

WORKER = celery("worker", "-n", "reading@%h", "-Q", "reading", "-P", "solo")
READ_WITHIN = 300.0  # seconds, starting and loading included

SET_UP = """
from django.utils import timezone
from classifier.models import ModelVersion
from webhooks.models import Business, Line
ModelVersion.objects.create(
    name={name!r}, folder={name!r}, digest={digest!r}, created_at=timezone.now()
)
business = Business.objects.create(name="Bench", slug="bench")
Line.objects.create(business=business, account_id="bench", address="+15005550011")
"""

# A reminder each, as they are told of, and the reply to it as it is kept; each nudges the worker.
TEXTS = """
import json
from pathlib import Path
from django.utils import timezone
from webhooks import actions
from webhooks.inbound import InboundText
from webhooks.models import Line
line = Line.objects.get()
for number, (prompt, text) in enumerate(json.loads(Path({pairs!r}).read_text())):
    person, now = f"+1202555{{number:04d}}", timezone.now()
    if prompt:
        actions.register_reminder(line=line, to=person, body=prompt, now=now)
    actions.accept(
        text=InboundText("twilio", "bench", f"SM{{number}}", person, line.address, text, b""),
        line_id=line.pk, now=timezone.now(),
    )
"""


def worker_megabytes(version: Version, pairs: Path, *, folder: Path) -> float:
    nod = Installation(folder, extra={"MODELS_DIR": str(version.path.parent), "REDIS_URL": ""})
    nod.manage("migrate", "-v0")
    nod.run_code(SET_UP.format(name=version.name, digest=version.digest))
    nod.manage("promote", version.name, "--although", "no gate has judged it; it is measured")
    with ExitStack() as running:
        _start(server_command(folder), nod, running)
        eventually(socket_path(folder).exists, seconds=20, what="no Redis")
        worker = _start(WORKER, nod, running)
        nod.run_code(TEXTS.format(pairs=str(pairs)))
        eventually(
            lambda: worker.poll() is not None or nod.count("message", "state = 'waiting'") == 0,
            seconds=READ_WITHIN,
            what="texts are not read",
        )
        assert nod.count("reading", f"model_version = '{version.name}'"), "the version read nothing"
        return peak(worker.pid)


def _start(command: list[str], nod: Installation, running: ExitStack) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(command, cwd=ROOT, env=nod.env, stdout=subprocess.DEVNULL)
    running.callback(process.wait)
    running.callback(process.terminate)
    return process
