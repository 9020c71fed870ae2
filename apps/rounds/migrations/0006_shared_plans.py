"""Plans are stored once and shared; the rounds that are there keep their own."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rounds", "0005_evidence")]

    operations = [
        migrations.CreateModel(
            name="Plan",
            fields=[
                (
                    "sha256",
                    models.CharField(max_length=64, primary_key=True, serialize=False, help_text="Of the document."),
                ),
                (
                    "document",
                    models.JSONField(help_text="Feeds and listings; lanes and reserves follow from them."),
                ),
                (
                    "used_at",
                    models.DateTimeField(help_text="When a round last opened with it, give or take an hour."),
                ),
            ],
        ),
        # The column keeps its name: workers of the version before go on writing it.
        migrations.AlterField(
            model_name="round",
            name="plan",
            field=models.JSONField(
                null=True, db_column="plan", help_text="The same, of rounds from before plans were shared."
            ),
        ),
        migrations.RenameField(model_name="round", old_name="plan", new_name="own_plan"),
        migrations.AddField(
            model_name="round",
            name="shared_plan",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rounds",
                to="rounds.plan",
                help_text="Feeds and listings as they stood when the round opened.",
            ),
        ),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.CheckConstraint(
                condition=models.Q(shared_plan__isnull=False) | models.Q(own_plan__isnull=False),
                name="round_has_plan",
            ),
        ),
    ]
