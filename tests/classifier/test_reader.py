"""The reader: rules, order, one result for each, and swapping what it reads with."""

import errno
import shutil
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import actions, baseline, reader, versions
from classifier.models import ModelVersion
from classifier.reader import Reader, live_name, live_reader, reader_of
from classifier.readings import Pair, Unfamiliar
from classifier.scoring import Scores, scorer_of
from classifier.taxonomy import Taxonomy
from classifier.versions import WEIGHTS, DamagedVersion, Version, open_version

from .conftest import NOW, Tiny, a_version, passed


class Echo:
    """A scorer as sure of `confirm` as the text is long, which remembers what it was asked."""

    name = "echo"

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.taxonomy = taxonomy
        self.thresholds: dict[str, float] = {}
        self.asked: list[Pair] = []

    def scores(self, pairs: Sequence[Pair]) -> list[Scores]:
        self.asked += pairs
        names = self.taxonomy.label_names
        return [
            {
                question: dict.fromkeys(labels, 0.0) | {labels[0]: len(pair.text) / 1e6}
                for question, labels in names.items()
            }
            for pair in pairs
        ]


@pytest.fixture
def echo(taxonomy: Taxonomy) -> Echo:
    return Echo(taxonomy)


def test_readings_come_back_in_the_order_of_the_pairs(echo: Echo) -> None:
    texts = ["long " * 9, "a", "STOP", "mid size", "a"]
    readings = Reader(echo).read([Pair("", text) for text in texts])
    assert [reading.confidence for reading in readings] == [45e-6, 1e-6, 1.0, 8e-6, 1e-6]


def test_the_same_pair_twice_is_read_once(echo: Echo) -> None:
    Reader(echo).read([Pair("", "yes")] * 3 + [Pair("other", "yes")])
    assert echo.asked == [Pair("", "yes"), Pair("other", "yes")]


def test_a_keyword_never_reaches_the_model_and_says_so(echo: Echo) -> None:
    [reading] = Reader(echo).read([Pair("Reply STOP to opt out", "stop")])
    assert (reading.intent, reading.confidence, reading.model) == ("opt_out", 1.0, "rules")
    assert sum(reading.scores.values()) == sum(reading.tone_scores.values()) == 1.0
    assert echo.asked == []


def test_a_like_is_read_as_yes_to_what_it_quotes(echo: Echo) -> None:
    [reading] = Reader(echo).read([Pair("", "Liked “Do you need to cancel?”")])
    assert echo.asked == [Pair("Do you need to cancel?", "yes")]
    assert reading.model == "echo"


def test_a_text_that_no_model_knows_is_read_and_told(echo: Echo) -> None:
    texts = ["Ich kann morgen leider nicht kommen", "sdkjfhsdkjfh", "I can't come tomorrow", "STOP"]
    readings = Reader(echo).read([Pair("", text) for text in texts])
    told = [reading.unfamiliar for reading in readings]
    assert told == [Unfamiliar.OTHER_LANGUAGE, Unfamiliar.GIBBERISH, None, None]


def test_a_reaction_in_another_language_is_none_by_its_words(echo: Echo) -> None:
    [reading] = Reader(echo).read([Pair("", "A aimé « On se voit mardi à dix heures ? »")])
    assert reading.unfamiliar is None


@override_settings(READER_SPOTS_UNFAMILIAR=False)
def test_a_model_that_reads_other_languages_is_believed(echo: Echo) -> None:
    [reading] = Reader(echo).read([Pair("", "Ich kann morgen leider nicht kommen")])
    assert reading.unfamiliar is None


def test_nothing_to_read_is_nothing_to_do(echo: Echo) -> None:
    assert Reader(echo).read([]) == []
    assert echo.asked == []


def test_any_strings_are_read_one_result_each(tiny: Tiny) -> None:
    transformer = Reader(scorer_of(tiny.version, budget=256))

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.tuples(st.text(st.characters()), st.text(st.characters())), max_size=8))
    def read(pairs: list[tuple[str, str]]) -> None:
        readings = transformer.read([Pair(*pair) for pair in pairs])
        assert len(readings) == len(pairs)
        assert all(abs(sum(reading.scores.values()) - 1) < 1e-5 for reading in readings)

    read()


def test_ten_thousand_characters_are_read(tiny: Tiny) -> None:
    transformer = Reader(scorer_of(tiny.version, budget=256))
    readings = transformer.read([Pair("a" * 10_000, "b " * 5_000), Pair("👍" * 10_000, "")])
    assert len(readings) == 2


def test_a_batch_gives_what_one_at_a_time_gives(tiny: Tiny) -> None:
    transformer = Reader(scorer_of(tiny.version, budget=400))
    pairs = [row.pair for row in tiny.data.validation]
    together = transformer.read(pairs)
    for pair, reading in zip(pairs, together, strict=True):
        [alone] = transformer.read([pair])
        # int8 scales are taken over a whole batch, so the last digits depend on the company.
        assert alone.scores == pytest.approx(dict(reading.scores), abs=0.05)


def put_live(tiny: Tiny, models_dir: Path, name: str) -> ModelVersion:
    shutil.copytree(tiny.version.path, models_dir / name)
    version = ModelVersion.objects.create(
        name=name, folder=name, digest=tiny.version.digest, created_at=NOW, checks=passed()
    )
    actions.promote(version=version, by="a test", now=datetime.now(UTC))
    return version


@pytest.mark.django_db
def test_the_baseline_reads_while_no_version_is_live(
    monkeypatch: pytest.MonkeyPatch, echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(baseline, "starter_baseline", lambda: echo)
    assert live_reader() is live_reader()
    assert live_reader().name == "echo"
    assert caplog.text.count("No trained model is live") == 1


@pytest.mark.django_db
def test_a_version_gone_live_is_read_with_at_the_next_call(tiny: Tiny, models_dir: Path) -> None:
    put_live(tiny, models_dir, "one")
    first = live_reader()
    assert (first.name, live_reader()) == ("one", first)
    put_live(tiny, models_dir, "two")
    assert live_reader().name == "two"
    assert first.read([Pair("", "still works")])[0].model == "one"


@pytest.mark.django_db
def test_a_damaged_version_is_refused_and_the_old_one_stays(
    tiny: Tiny, models_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put_live(tiny, models_dir, "good")
    live_reader()
    put_live(tiny, models_dir, "bad")
    (models_dir / "bad" / WEIGHTS).write_bytes(b"torn")
    assert {live_reader().name for _ in range(3)} == {"good"}
    assert caplog.text.count("refused") == 1


@pytest.mark.django_db
def test_a_process_that_starts_beside_a_damaged_version_reads_with_the_one_before(
    tiny: Tiny, models_dir: Path
) -> None:
    for name in ("good", "torn", "bad"):
        put_live(tiny, models_dir, name)
    for name in ("torn", "bad"):
        (models_dir / name / WEIGHTS).write_bytes(b"torn")
    assert live_reader().name == "good"


@pytest.mark.django_db
def test_a_version_that_may_not_be_read_is_refused_like_a_damaged_one(
    tiny: Tiny, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_live(tiny, models_dir, "good")
    live_reader()
    put_live(tiny, models_dir, "locked")

    def refuse(file: Path) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(versions, "_sha256", refuse)
    assert live_reader().name == "good"
    with pytest.raises(DamagedVersion, match="cannot be read"):
        reader_of("locked")


@pytest.mark.django_db
def test_whole_weights_of_another_version_are_refused_like_damaged_ones(
    tiny: Tiny, models_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put_live(tiny, models_dir, "good")
    live_reader()
    put_live(tiny, models_dir, "swapped")
    shutil.rmtree(models_dir / "swapped")
    a_version(models_dir, "swapped's folder")
    (models_dir / "swapped's folder").rename(models_dir / "swapped")
    assert live_reader().name == "good"
    assert "holds other weights" in caplog.text
    with pytest.raises(DamagedVersion, match="holds other weights"):
        reader_of("swapped")


@pytest.mark.django_db
def test_a_damaged_version_put_right_is_read_with_a_minute_later(
    tiny: Tiny, models_dir: Path, monkeypatch: pytest.MonkeyPatch, echo: Echo
) -> None:
    monkeypatch.setattr(baseline, "starter_baseline", lambda: echo)
    put_live(tiny, models_dir, "late")
    (models_dir / "late" / "manifest.json").rename(models_dir / "late" / "kept")
    assert live_reader().name == "echo"
    (models_dir / "late" / "kept").rename(models_dir / "late" / "manifest.json")
    assert live_reader().name == "echo"
    monkeypatch.setattr(reader, "RETRY_DAMAGED_SECONDS", 0.0)
    reader.forget()
    assert live_reader().name == "late"


@pytest.mark.django_db
def test_many_threads_load_the_first_reader_once(
    tiny: Tiny, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = put_live(tiny, models_dir, "one")
    opened: list[Path] = []
    barrier = threading.Barrier(8)

    def counted(path: Path, *, digest: str) -> Version:
        opened.append(path)
        return open_version(path, digest=digest)

    monkeypatch.setattr(reader, "open_version", counted)

    def load() -> None:
        barrier.wait()
        reader._reader_for(version)

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1


@pytest.mark.django_db
def test_for_files_a_version_is_read_with_by_name_and_a_list_reads_the_same_after_any_other(
    tiny: Tiny, models_dir: Path
) -> None:
    put_live(tiny, models_dir, "one")
    put_live(tiny, models_dir, "two")
    pairs = [row.pair for row in tiny.data.validation]
    one = reader_of("one")
    alone = one.read(pairs[-9:])
    one.read(pairs)
    assert one.read(pairs[-9:]) == alone
    assert (one.name, reader_of("one"), live_name()) == ("one", one, "two")


@pytest.mark.django_db
def test_for_files_a_version_nobody_has_is_an_error(models_dir: Path) -> None:
    with pytest.raises(DamagedVersion, match="no such model version"):
        reader_of("nobody's")
