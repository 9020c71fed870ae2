"""The reply bodies behind rounds that mattered."""

from __future__ import annotations

from django.db import models


class Body(models.Model):
    """One reply body, once however many rounds rest on it, packed against an earlier one of the same request.

    An exchange's replies differ from one round to the next in a few digits, so a body packed with its predecessor as
    dictionary is a tenth of one packed alone. ``base`` is that predecessor, always a body that stands alone.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    family = models.CharField(max_length=64, help_text="Hash of source and URL: bodies that resemble each other.")
    base = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="packed_against")
    packed = models.BinaryField(help_text="Zstandard, with the base as dictionary where there is one.")
    size = models.PositiveIntegerField(help_text="Bytes unpacked.")
    first_kept_at = models.DateTimeField()
    kept_until = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(size__gt=0), name="body_not_empty"),
        ]
        indexes = [
            models.Index(fields=["family", "-first_kept_at"], name="body_bases", condition=models.Q(base__isnull=True)),
            models.Index(fields=["kept_until"], name="body_due"),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]
