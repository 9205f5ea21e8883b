"""Twilio's signature and bodies, as pure functions: fixed vectors first, then what may go wrong."""

import base64
import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from tests.webhooks.carrier import Multi, sign
from webhooks.providers.twilio import is_signed, signature, storable, unwrapped, url_spellings

KEY = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
CALL = {
    "CallSid": ["CA1234567890ABCDE"],
    "Digits": ["1234"],
    "From": ["+14158675309"],
    "To": ["+18005551212"],
    "Caller": ["+14158675309"],
}
TWICE = {"Sid": ["CA123"], "SidAccount": ["AC123"], "Digits": ["5678", "1234", "1234"]}
JSON_BODY = b'{"property": "value", "boolean": true}'
JSON_DIGEST = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
SMS = {
    "MessageSid": ["SM00000000000000000000000000000001"],
    "AccountSid": ["AC00000000000000000000000000000001"],
    "From": ["+15005550006"],
    "To": ["+15005550010"],
    "Body": ["Yes I’ll be there 👍 "],
    "NumMedia": ["0"],
    "NumSegments": ["1"],
}

# ---- fixed vectors -------------------------------------------------------------------------

VECTORS = [
    (URL, CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    (URL.replace(".com/", ".com:443/"), CALL, "kvajT1Ptam85bY51eRf/AJRuM3w="),
    ("http://mycompany.com:80/myapp.php?foo=1&bar=2", CALL, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", CALL, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    (URL, TWICE, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
    (f"{URL}&bodySHA256={JSON_DIGEST}", {}, "a9nBmqA0ju/hNViExpshrM61xv4="),
    ("https://nod.example.com/hooks/twilio/clinic-a", SMS, "Bd/1k4HAMNu6wWNj35O0holVwPo="),
]


@pytest.mark.parametrize(("url", "params", "expected"), VECTORS)
def test_a_known_request_has_its_known_signature(
    url: str, params: dict[str, list[str]], expected: str
) -> None:
    assert signature(key=KEY, url=url, params=params) == expected
    body = JSON_BODY if "bodySHA256" in url else None
    assert is_signed(given=expected, keys=[KEY], urls=[url], params=params, body=body)


@pytest.mark.parametrize(
    ("configured", "signed"),
    [
        ("https://mycompany.com", "https://mycompany.com:443"),
        ("https://mycompany.com:443", "https://mycompany.com"),
        ("http://mycompany.com", "http://mycompany.com:80"),
        ("http://mycompany.com:80", "http://mycompany.com"),
        ("http://mycompany.com:1234", "http://mycompany.com:1234"),
        ("http://mycompany.com:1234", "http://mycompany.com"),
        ("https://user:pass@mycompany.com:8443", "https://user:pass@mycompany.com:8443"),
        ("https://user:pass@mycompany.com:8443", "https://user:pass@mycompany.com"),
        ("https://user:pass@mycompany.com", "https://user:pass@mycompany.com:443"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]:443"),
    ],
)
def test_the_signature_holds_with_and_without_the_port(configured: str, signed: str) -> None:
    path = "/myapp.php?foo=1&at=12:30"
    given = sign(signed + path, CALL)
    assert is_signed(given=given, keys=[KEY], urls=[configured + path], params=CALL)


def test_another_port_is_another_url() -> None:
    given = sign("https://mycompany.com:8443/", CALL)
    assert not is_signed(given=given, keys=[KEY], urls=["https://mycompany.com/"], params=CALL)


def test_a_colon_in_path_or_query_is_no_port() -> None:
    url = "https://mycompany.com/a:80/b?at=1:2@x"
    assert url_spellings(url) == {url, url.replace(".com/", ".com:443/")}


def test_the_fragment_with_connection_settings_is_not_signed() -> None:
    given = sign(URL, CALL)
    assert is_signed(given=given, keys=[KEY], urls=[URL + "#rc=2&rp=5xx,ct,rt"], params=CALL)


def test_names_are_sorted_by_byte_so_capitals_come_first() -> None:
    params = {"b": ["1"], "B": ["2"], "a": ["3"], "_": ["4"]}
    assert signature(key=KEY, url=URL, params=params) == sign(URL, params)


def test_a_blank_value_is_signed_with_its_name() -> None:
    params = CALL | {"FromCity": [""]}
    given = sign(URL, params)
    assert is_signed(given=given, keys=[KEY], urls=[URL], params=params)
    assert not is_signed(given=given, keys=[KEY], urls=[URL], params=CALL)


@given(
    key=st.text(st.characters(codec="utf-8"), min_size=1),
    params=st.dictionaries(
        st.text(st.characters(codec="utf-8")),
        st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=3),
        max_size=8,
    ),
)
def test_whatever_is_sent_twilios_own_library_signs_it_the_same(
    key: str, params: dict[str, list[str]]
) -> None:
    assert signature(key=key, url=URL, params=params) == sign(URL, params, key=key)


def test_a_shared_key_may_sign_with_sha_256() -> None:
    signer = RequestValidator(KEY)
    given = signer.compute_signature(URL, Multi(CALL), "HMAC_SHA256")
    facts: dict[str, Any] = {"given": given, "keys": [KEY], "urls": [URL], "params": CALL}
    assert is_signed(algorithm="HMAC_SHA256", **facts)
    assert not is_signed(algorithm="HMAC_SHA1", **facts)


# ---- what must not pass --------------------------------------------------------------------


@pytest.mark.parametrize(
    "given", ["", " ", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "é", "\ud800", "=" * 9999]
)
def test_a_signature_that_is_none_is_refused_not_raised(given: str) -> None:
    assert not is_signed(given=given, keys=[KEY], urls=[URL], params=CALL)


def test_without_any_key_nothing_is_signed() -> None:
    assert not is_signed(given=sign(URL, CALL), keys=[], urls=[URL], params=CALL)


@pytest.mark.parametrize(
    "altered",
    [
        {"From": ["+14158675300"]},
        {"Digits": ["1234 "]},
        {"Digits": ["1234", "5"]},
        {"Extra": [""]},
    ],
)
def test_one_altered_parameter_breaks_the_signature(altered: dict[str, list[str]]) -> None:
    assert not is_signed(given=sign(URL, CALL), keys=[KEY], urls=[URL], params=CALL | altered)


@pytest.mark.parametrize(
    "url",
    [
        URL.replace("https", "http"),
        URL.replace("mycompany", "Mycompany"),
        URL.replace("foo=1&bar=2", "bar=2&foo=1"),
        URL.replace("myapp.php", "myapp.php/"),
    ],
)
def test_another_url_breaks_the_signature(url: str) -> None:
    assert not is_signed(given=sign(URL, CALL), keys=[KEY], urls=[url], params=CALL)


def test_any_of_several_keys_will_do() -> None:
    given = sign(URL, CALL, key="new")
    assert is_signed(given=given, keys=["old", "new"], urls=[URL], params=CALL)
    assert not is_signed(given=given, keys=["old", "older"], urls=[URL], params=CALL)


def test_any_of_the_addresses_may_be_signed_and_no_other() -> None:
    ours = ["https://nod.example.com/a", "https://fallback.example.com:8443/a"]
    for url in (*ours, "https://nod.example.com:443/a"):
        assert is_signed(given=sign(url, CALL), keys=[KEY], urls=ours, params=CALL)
    theirs = sign("https://nod.example.com:8443/a", CALL)
    assert not is_signed(given=theirs, keys=[KEY], urls=ours, params=CALL)
    assert not is_signed(given=sign("/a", CALL), keys=[KEY], urls=[], params=CALL)


def test_a_json_body_is_checked_against_the_digest_in_the_signed_url() -> None:
    url = f"{URL}&bodySHA256={JSON_DIGEST}"
    given = sign(url, {})
    assert is_signed(given=given, keys=[KEY], urls=[url], params={}, body=JSON_BODY)
    assert not is_signed(given=given, keys=[KEY], urls=[url], params={}, body=JSON_BODY + b" ")


def test_a_json_body_without_a_digest_is_not_signed_by_the_url_alone() -> None:
    assert not is_signed(given=sign(URL, {}), keys=[KEY], urls=[URL], params={}, body=JSON_BODY)


def test_the_digest_of_one_body_does_not_vouch_for_a_second_one_in_the_url() -> None:
    mallorys = hashlib.sha256(b"evil").hexdigest()
    url = f"{URL}&bodySHA256={JSON_DIGEST}&bodySHA256={mallorys}"
    assert not is_signed(given=sign(url, {}), keys=[KEY], urls=[url], params={}, body=b"evil")


def test_fields_have_no_delimiter_in_what_is_signed() -> None:
    """So each must be there by itself: test_inbound.py posts this and is answered 400."""
    whole = {"Body": ["YES"], "From": ["+1"]}
    assert sign(URL, {"Body": ["YESFrom+1"]}) == sign(URL, whole)


# ---- bodies --------------------------------------------------------------------------------


def wrapped(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


LONG = "Yes I'll be there, but is it still Dr. Hall? She knows about my tooth."


@pytest.mark.parametrize("text", [LONG, LONG + " 👍🏽", "a" * 45, LONG * 20, f"{LONG}\r\n\t{LONG}"])
def test_a_text_wrapped_in_base64_is_unwrapped(text: str) -> None:
    assert unwrapped(wrapped(text)) == text


@pytest.mark.parametrize(
    "body",
    [
        "",
        "yes",
        "a" * 60,  # plain letters, and base64 too: of bytes that are no text
        "Yes" * 20,
        "y" * 64,
        "HAHAHAHAHAHAHAHAHAHAHAHAHAHAHAHAHAHAHAHAHAHAHAHAHAHAHAHAHAHA",
        "6" * 60,
        wrapped("a short one"),
        wrapped(LONG)[:-1],
        wrapped(LONG) + " ",
        "https" + wrapped(LONG)[5:],
        wrapped("да" * 40),  # hardly any ASCII: not beyond doubt
    ],
)
def test_a_body_that_may_be_words_is_left_alone(body: str) -> None:
    assert unwrapped(body) == body


def test_nul_is_dropped_and_nothing_else() -> None:
    assert storable("a\x00b \u200bc\x00") == "ab \u200bc"
