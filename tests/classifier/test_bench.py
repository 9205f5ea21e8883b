"""What the bench makes of its figures: when it has none, and when a difference is chance."""

from pathlib import Path

import pytest
from django.db import OperationalError
from pytest_django import Settings

from classifier.models import ModelVersion
from tests.bench import reading
from tests.bench.table import Limit, Line, Unmeasured, percentile
from tests.bench.training import SEEDS, behind

from .conftest import Tiny, a_version

OLDER, NEWER = "20260503T141000-aaaaaaaa", "20260504T141000-bbbbbbbb"


@pytest.mark.parametrize(("share", "found"), [(0.5, 10), (0.95, 19), (0.951, 20), (1.0, 20)])
def test_a_percentile_is_a_value_that_so_many_are_not_above(share: float, found: int) -> None:
    assert percentile(range(20, 0, -1), share) == found
    assert percentile([7.0], share) == 7.0


def test_a_line_without_an_aim_is_not_judged() -> None:
    line = Line("one text", "ms", 2.0, "peer", 6.0, 4.0, lower_is_better=True)
    assert str(line).endswith("3.00x (aim 4.00x) BELOW")
    line = Line("one text", "ms", 2.0, "peer", 6.0, None, lower_is_better=True)
    assert str(line).endswith("3.00x")


def test_seeds_that_spread_leave_more_to_chance() -> None:
    points, by_chance = behind([70.0, 71.0, 72.0], [71.0, 72.0, 73.0])
    assert points == pytest.approx(1.0)
    assert by_chance == pytest.approx(2.132 * (2 / len(SEEDS)) ** 0.5)
    assert behind([70.0, 70.1, 69.9], [71.0, 71.1, 70.9])[1] < 1.0 < by_chance


def test_what_int8_costs_is_not_said_of_no_version() -> None:
    line = reading.lost_by_int8(None)
    assert isinstance(line, Unmeasured)
    assert str(line).endswith("no real version: run `make run` or the tests first")


def test_what_int8_costs_stands_in_a_versions_report(tiny: Tiny) -> None:
    assert isinstance(reading.lost_by_int8(tiny.version), Limit)


@pytest.mark.django_db
def test_the_live_version_is_measured_else_the_newest_of_both_folders(
    models_dir: Path, tmp_path: Path, settings: Settings
) -> None:
    settings.BASE_DIR = tmp_path
    assert reading.real_version() is None
    a_version(tmp_path / ".cache" / "models" / "starter", NEWER)
    older = a_version(models_dir, OLDER)
    assert name_of_real() == NEWER
    older.state = ModelVersion.State.LIVE
    older.save(update_fields=["state"])
    assert name_of_real() == OLDER


def test_where_nod_has_never_run_the_folders_are_asked(
    models_dir: Path, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_table() -> None:
        raise OperationalError("no such table: classifier_modelversion")

    settings.BASE_DIR = tmp_path
    monkeypatch.setattr(ModelVersion.objects, "live", no_table)
    assert reading.real_version() is None


def name_of_real() -> str:
    version = reading.real_version()
    assert version is not None
    return version.name
