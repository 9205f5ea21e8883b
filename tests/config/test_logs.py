"""Logs tell of errors without their words, which may quote a person's."""

import logging

from config.logs import Formatter, WithoutErrorsWords


def told(logger_message: str, *arguments: object) -> str:
    words = "my secret of " + "".join(["+1202", "5550101"])
    try:
        raise ValueError(words)
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, logger_message, arguments, info)
    WithoutErrorsWords().filter(record)
    return Formatter("%(message)s").format(record)


def test_an_error_is_told_by_kind_and_place() -> None:
    line = told("It failed")
    assert "ValueError at" in line
    assert "test_logs.py" in line
    assert "2025550101" not in line


def test_a_task_that_fails_is_told_without_the_errors_words() -> None:
    line = told("Task %(name)s: %(exc)s", {"name": "read", "exc": "ValueError('my secret')"})
    assert line.startswith("Task read: ValueError")
    assert "my secret" not in line
