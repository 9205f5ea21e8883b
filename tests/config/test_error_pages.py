"""The pages for when something is wrong. They must not be what goes wrong next."""

import re

import pytest
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import Settings

PAGES = ["400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html"]


@pytest.mark.parametrize("page", PAGES)
def test_an_error_page_needs_no_request_and_no_database(page: str) -> None:
    html = render_to_string(page)
    assert html.count("<h1>") == 1
    assert 'href="/"' in html


@pytest.mark.parametrize("page", PAGES)
def test_an_error_page_has_nothing_inline(page: str) -> None:
    assert re.findall(r"<script|<style| style=| on[a-z]+=", render_to_string(page)) == []


@pytest.mark.parametrize("page", PAGES)
def test_an_error_page_needs_no_list_of_static_files(page: str, settings: Settings) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    assert "/static/nod/nod.css" in render_to_string(page)


def test_an_unknown_address_is_answered_with_the_page(client: Client) -> None:
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.database
def test_a_form_that_is_too_old_says_what_to_do() -> None:
    answer = Client(enforce_csrf_checks=True).post("/simulator/send/", {"text": "yes"})
    assert answer.status_code == 403
    assert "Open the page afresh" in answer.content.decode()


def test_what_a_stranger_typed_never_becomes_markup(client: Client) -> None:
    page = client.get("/<script>alert(1)</script>/").content.decode()
    assert "<script" not in page
