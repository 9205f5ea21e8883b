"""What may stand in a log. Texts and numbers never reach it, and an error's own words may quote one
(a database's does), so of an error only its kind and its place are written."""

import logging
import traceback
from types import TracebackType


def kind_and_place(error: BaseException) -> str:
    """The error's class and the lines it passed through."""
    return f"{type(error).__name__} at\n{''.join(traceback.format_tb(error.__traceback__))}"


class Formatter(logging.Formatter):
    """Tells of errors without their words."""

    def formatException(  # noqa: N802  logging's name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        return kind_and_place(ei[1]) if ei[1] is not None else ""


class WithoutErrorsWords(logging.Filter):
    """Celery puts the error's repr into the line itself; its class is left there."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, dict) and "exc" in record.args and record.exc_info:
            kind = record.exc_info[0]
            record.args = {**record.args, "exc": kind.__name__ if kind else "", "traceback": ""}
        return True
