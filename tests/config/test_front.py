"""Where the bare address leads."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("is_staff", "leads_to"), [(None, "/simulator/"), (True, "/simulator/"), (False, "/play/")]
)
def test_the_bare_address_leads_where_somebody_may_go(
    client: Client, is_staff: bool | None, leads_to: str
) -> None:
    if is_staff is not None:
        client.force_login(User.objects.create_user("sam", is_staff=is_staff))
    assert client.get("/").headers["Location"] == leads_to
