"""The one row that the floor view inserts."""

from django.db import models


class FloorText(models.Model):
    provider_id = models.CharField(max_length=64, unique=True)
    sender = models.CharField(max_length=80)
    to = models.CharField(max_length=80)
    body = models.TextField()
    received_at = models.DateTimeField()

    objects: models.Manager["FloorText"] = models.Manager()

    def __str__(self) -> str:
        return self.provider_id
