"""Texts a running Nod as the world does: reminders by the API, replies as a provider's signed form.

The game must not know the webhooks' code, and the simulation is a part of the game: so these are
the words of docs/webhooks.md, over HTTP, with the demo's keys.
"""

import json
import secrets
from pathlib import Path
from urllib.parse import urlencode

import urllib3
from twilio.request_validator import RequestValidator

from config.demo_secrets import demo_secrets

# The demo's line, as `make run` and the README give it.
ACCOUNT, LINE = "AC" + "0" * 31 + "1", "+15005550010"
SECONDS = 30.0


class NotTaken(Exception):
    """Nod did not answer, or answered something else than that it has it."""


class Phones:
    """As many as there are texts: each person is reminded once, and answers once."""

    def __init__(self, base_url: str, var_dir: Path) -> None:
        known = demo_secrets(var_dir)
        self._url = f"{base_url}/webhooks/twilio/"
        self._reminders = f"{base_url}/api/v1/reminders"
        self._api_key = known.api_key
        self._signer = RequestValidator(known.signing_key)
        self._http = urllib3.PoolManager(timeout=SECONDS, retries=False)
        self._persons = 0

    def answer(self, prompt: str, text: str) -> None:
        """Somebody is sent `prompt`, where there is one, and texts back. Raises NotTaken."""
        self._persons += 1
        person = f"+1206{self._persons:07}"
        if prompt:
            self._remind(person, prompt)
        form = {
            "MessageSid": "SM" + secrets.token_hex(16),
            "AccountSid": ACCOUNT,
            "From": person,
            "To": LINE,
            "Body": text,
            "NumMedia": "0",
        }
        self._post(
            self._url,
            urlencode(form),
            {
                "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
                "X-Twilio-Signature": self._signer.compute_signature(self._url, form),
            },
        )

    def _remind(self, person: str, prompt: str) -> None:
        reminder = {"line": LINE, "to": person, "body": prompt}
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._api_key}"}
        self._post(self._reminders, json.dumps(reminder), headers)

    def _post(self, url: str, body: str, headers: dict[str, str]) -> None:
        try:
            answer = self._http.request("POST", url, body=body.encode(), headers=headers)
        except urllib3.exceptions.HTTPError as exc:
            raise NotTaken(f"{url} does not answer ({type(exc).__name__}).") from exc
        if answer.status not in (200, 201):
            raise NotTaken(f"{url} answered {answer.status}.")
