"""Reading the environment: typed, with every mistake kept to be told before anything starts."""

import runpy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.env import Env

SETTINGS = Path(__file__).parents[2] / "config" / "settings.py"


def env(**values: str) -> Env:
    return Env(values)


# ---- the readers ---------------------------------------------------------------------------


@pytest.mark.parametrize("raw", ["", "   ", "\t"])
def test_an_empty_value_counts_as_not_set(raw: str) -> None:
    reader = env(X=raw)
    assert reader.text("X", "default") == "default"
    assert reader.flag("X", True) is True
    assert reader.number("X", 7) == 7
    assert reader.numbers("X", (1, 2)) == (1, 2)
    assert reader.words("X") == []
    assert reader.path("X", Path("/d")) == Path("/d")
    assert reader.mistakes == []


def test_space_around_a_value_is_dropped() -> None:
    assert env(X="  a b ").text("X") == "a b"


@pytest.mark.parametrize("raw", ["1", "true", "TRUE", "Yes", "on", " 1 "])
def test_these_are_true(raw: str) -> None:
    assert env(X=raw).flag("X") is True


@pytest.mark.parametrize("raw", ["0", "false", "False", "NO", "off"])
def test_these_are_false(raw: str) -> None:
    assert env(X=raw).flag("X", True) is False


@pytest.mark.parametrize("raw", ["2", "ja", "truee", "-1", "nope"])
def test_a_flag_that_is_neither_is_a_mistake_and_the_default_stands(raw: str) -> None:
    reader = env(X=raw)
    assert reader.flag("X", True) is True
    assert reader.mistakes == [f"X is {raw!r}: write 1 or 0."]


@pytest.mark.parametrize(("raw", "number"), [("5", 5), (" 5 ", 5), ("0", 0), ("-3", -3)])
def test_a_whole_number_is_read(raw: str, number: int) -> None:
    reader = env(X=raw)
    assert reader.number("X", 7, at_least=-3) == number
    assert reader.mistakes == []


@pytest.mark.parametrize("raw", ["five", "1.5", "1e3", "0x10", "9" * 5_000])
def test_what_is_no_whole_number_is_a_mistake(raw: str) -> None:
    reader = env(X=raw)
    assert reader.number("X", 7) == 7
    assert reader.numbers("X", (7,)) == (7,)
    assert len(reader.mistakes) == 2
    assert all(mistake.startswith("X is ") for mistake in reader.mistakes)


def test_a_number_below_what_works_is_a_mistake_that_says_the_least() -> None:
    reader = env(X="0")
    assert reader.number("X", 7, at_least=1) == 7
    assert reader.mistakes == ["X is 0: the least that works is 1."]


@pytest.mark.parametrize(
    ("raw", "numbers"), [("1", (1,)), ("0,5,300", (0, 5, 300)), (" 1 , 2 ", (1, 2))]
)
def test_numbers_are_separated_by_commas(raw: str, numbers: tuple[int, ...]) -> None:
    assert env(X=raw).numbers("X", ()) == numbers


@pytest.mark.parametrize("raw", ["1,,2", "1;2", "1 2", ","])
def test_numbers_with_something_else_between_are_a_mistake(raw: str) -> None:
    reader = env(X=raw)
    assert reader.numbers("X", (7,)) == (7,)
    assert len(reader.mistakes) == 1


@pytest.mark.parametrize(
    ("raw", "words"), [("a.example", ["a.example"]), ("a, b ,,c,", ["a", "b", "c"]), (",", [])]
)
def test_words_are_separated_by_commas(raw: str, words: list[str]) -> None:
    assert env(X=raw).words("X") == words


def test_urls_are_separated_by_commas_and_each_has_its_scheme() -> None:
    two = "https://a.example, https://b.example:8443,"
    assert env(X=two).urls("X", schemes=("https",)) == [
        "https://a.example",
        "https://b.example:8443",
    ]
    assert env(X=" ").urls("X", schemes=("https",)) == []
    reader = env(X="https://a.example,http://[::1")
    assert reader.urls("X", schemes=("http", "https")) == []
    assert len(reader.mistakes) == 1


def test_a_path_is_made_absolute() -> None:
    assert env(X="var").path("X", Path()) == Path.cwd() / "var"
    assert env(X="~/nod").path("X", Path()) == Path.home() / "nod"


@given(st.text())
def test_no_value_whatever_makes_a_reader_raise(raw: str) -> None:
    reader = env(X=raw)
    reader.text("X")
    reader.flag("X")
    reader.number("X", 1)
    reader.numbers("X", (1,))
    reader.words("X")
    reader.urls("X", schemes=("https",))


# ---- the settings as a whole ---------------------------------------------------------------


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Reads config/settings.py afresh under other environment variables."""

    def read_settings(**values: str) -> dict[str, Any]:
        for name in ("SECRET_KEY", "PUBLIC_BASE_URL", "HOST", "PORT", "DATABASE_URL", "REDIS_URL"):
            monkeypatch.delenv(name, raising=False)
        for name, value in ({"NOD_VAR": str(tmp_path)} | values).items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(SETTINGS))

    return read_settings


def test_without_a_secret_key_nod_is_the_demo(read: Any, tmp_path: Path) -> None:
    settings = read(PORT="8123")
    assert settings["DEMO"] is True
    assert settings["HOST"] == "127.0.0.1"
    assert settings["PUBLIC_BASE_URL"] == "http://127.0.0.1:8123"
    assert settings["ALLOW_LOOPBACK_ENDPOINTS"] is True
    assert len(settings["SECRET_KEY"]) >= 50
    assert (tmp_path / "demo_secrets.json").exists()


def test_with_a_secret_key_nothing_is_generated(read: Any, tmp_path: Path) -> None:
    settings = read(SECRET_KEY="k" * 60, PUBLIC_BASE_URL="https://nod.example.com/")
    assert settings["DEMO"] is False
    assert settings["SECRET_KEY"] == "k" * 60
    assert settings["PUBLIC_BASE_URL"] == "https://nod.example.com"
    assert settings["ALLOWED_HOSTS"] == ["nod.example.com"]
    assert settings["ALLOW_LOOPBACK_ENDPOINTS"] is False
    assert settings["SESSION_COOKIE_SECURE"] is True
    assert not (tmp_path / "demo_secrets.json").exists()


def test_what_nod_writes_is_for_its_owner_alone(read: Any, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    read()
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_the_demo_keeps_its_secret_key(read: Any) -> None:
    assert read()["SECRET_KEY"] == read()["SECRET_KEY"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "70000"),
        ("DEBUG", "maybe"),
        ("WEB_WORKERS", "0"),
        ("SWEEP_SECONDS", "0.5"),
        ("DELIVERY_RETRY_DELAYS", "soon"),
        ("CLAIM_LEASE_SECONDS", "0"),
        ("LOG_LEVEL", "chatty"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "mysql+x://"),
        ("REDIS_URL", "localhost:6379"),
        ("PUBLIC_BASE_URL", "http://[::1"),
        ("FURTHER_BASE_URLS", "https://nod.example.com,fallback.example.com"),
    ],
)
def test_a_mistake_is_one_sentence_at_the_check_not_a_traceback_before_it(
    name: str, value: str, read: Any
) -> None:
    settings = read(**{name: value})
    assert any(mistake.startswith(name) for mistake in settings["env"].mistakes)


def test_the_hosts_of_further_addresses_are_known(read: Any) -> None:
    settings = read(
        SECRET_KEY="k" * 60,
        PUBLIC_BASE_URL="https://nod.example.com",
        FURTHER_BASE_URLS="https://fallback.example.com:8443/",
        ALLOWED_HOSTS="nod.internal",
    )
    assert settings["FURTHER_BASE_URLS"] == ["https://fallback.example.com:8443"]
    assert settings["ALLOWED_HOSTS"] == ["nod.example.com", "fallback.example.com", "nod.internal"]


def test_a_proxy_is_trusted_only_when_asked_to(read: Any) -> None:
    assert read()["SECURE_PROXY_SSL_HEADER"] is None
    assert read()["USE_X_FORWARDED_HOST"] is False
    trusting = read(TRUST_PROXY_HEADERS="1")
    assert trusting["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert trusting["USE_X_FORWARDED_HOST"] is True
