"""A number that changes with every change of the configuration, written by triggers: no edit can go past it."""

from django.db import migrations, models

CREATE = """
CREATE SEQUENCE feeds_configuration_changes;
CREATE FUNCTION feeds_stamp_configuration() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO feeds_configurationstamp (id, value) VALUES (1, nextval('feeds_configuration_changes'))
    ON CONFLICT (id) DO UPDATE SET value = EXCLUDED.value;
    RETURN NULL;
END
$$;
"""
DROP = "DROP FUNCTION feeds_stamp_configuration(); DROP SEQUENCE feeds_configuration_changes;"
TABLES = ("feeds_feed", "feeds_source", "feeds_listing")
# Per statement: a thousand rows in one are one change.
CREATE_TRIGGER = """
CREATE TRIGGER {table}_stamp AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION feeds_stamp_configuration();
"""


class Migration(migrations.Migration):
    dependencies = [("feeds", "0007_longer_tickers")]

    operations = [
        migrations.CreateModel(
            name="ConfigurationStamp",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("value", models.BigIntegerField()),
            ],
        ),
        migrations.RunSQL(CREATE, DROP),
        *(
            migrations.RunSQL(CREATE_TRIGGER.format(table=table), f"DROP TRIGGER {table}_stamp ON {table};")
            for table in TABLES
        ),
    ]
