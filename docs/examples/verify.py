"""Is this request Nod's? Body on standard input, headers as a CGI server sets them; exit 1: no."""

import base64
import hashlib
import hmac
import os
import sys
import time


def is_nods(secret: str, event_id: str, timestamp: str, signatures: str, body: bytes) -> bool:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{event_id}.{timestamp}.".encode() + body
    ours = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    is_ours = any(hmac.compare_digest(ours.encode(), one.encode()) for one in signatures.split())
    return is_ours and abs(time.time() - int(timestamp)) <= 300


headers = (os.environ[f"HTTP_WEBHOOK_{name}"] for name in ("ID", "TIMESTAMP", "SIGNATURE"))
if not is_nods(os.environ["NOD_SECRET"], *headers, sys.stdin.buffer.read()):
    sys.exit("not signed by Nod, or too old")
