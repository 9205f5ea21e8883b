"""The admin page of a model version: to look at, not to change."""

import pytest
from django.test import Client
from django.urls import reverse

from classifier.models import ModelVersion

from .conftest import NOW, Tiny


@pytest.fixture
def version(tiny: Tiny) -> ModelVersion:
    return ModelVersion.objects.create(
        name=tiny.version.name, folder="f", report=tiny.version.report, created_at=NOW
    )


def test_the_list_shows_each_version_with_its_score(
    admin_client: Client, version: ModelVersion
) -> None:
    page = admin_client.get(reverse("admin:classifier_modelversion_changelist")).content.decode()
    assert version.name in page
    assert "intent 0." in page or "intent 1." in page


def test_a_version_opens_with_its_report_and_cannot_be_changed(
    admin_client: Client, version: ModelVersion
) -> None:
    page = admin_client.get(reverse("admin:classifier_modelversion_change", args=[version.pk]))
    assert "most often confused" in page.content.decode()
    assert 'name="_save"' not in page.content.decode()
    assert admin_client.get(reverse("admin:classifier_modelversion_add")).status_code == 403
