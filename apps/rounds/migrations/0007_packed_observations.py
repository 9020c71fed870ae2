"""Observations that did not matter are packed, a round's together; answers that are there keep theirs."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rounds", "0006_shared_plans")]

    operations = [
        # The column keeps its name: workers of the version before go on writing it.
        migrations.AlterField(
            model_name="answer",
            name="observations",
            field=models.JSONField(
                null=True,
                default=list,
                db_column="observations",
                help_text="Used, refused and missed, each with its reason; null: packed with the round's others.",
            ),
        ),
        migrations.RenameField(model_name="answer", old_name="observations", new_name="own_observations"),
        migrations.CreateModel(
            name="PackedObservations",
            fields=[
                (
                    "round",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="packed",
                        serialize=False,
                        to="rounds.round",
                    ),
                ),
                ("rows", models.BinaryField(help_text="As packing.pack writes them.")),
            ],
        ),
    ]
