"""What every test may rely on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from pytest_django import Settings

from classifier import holding


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite in a file, as in life: in memory it answers “table is locked” where a file waits.

    Tests that run side by side have a database each: on PostgreSQL by its name, here by VAR_DIR.
    """
    database = django_settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database["TEST"] = {
            **database["TEST"],
            "NAME": str(Path(django_settings.VAR_DIR) / "test.sqlite3"),
        }


@pytest.fixture(autouse=True)
def nothing_held() -> Iterator[None]:
    """A training that a test took up and left is nobody's after it, and its lock file is closed."""
    yield
    for name in list(holding._held):
        holding.let_go(name)


@pytest.fixture(autouse=True)
def plain_static_files(settings: Settings) -> None:
    """Hashed names need a collectstatic run, which pages under test do not."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def nothing_cached() -> Iterator[None]:
    """What one test's page remembered is no other test's business, nor that of what a module sets
    up before its first test.
    """
    cache.clear()
    yield
    cache.clear()
