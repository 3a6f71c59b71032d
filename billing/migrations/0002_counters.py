"""The counters begin at zero."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def add(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write one row for each counter."""
    counter = apps.get_model("billing", "Counter")
    for name in ("fetch", "batch"):
        counter.objects.using(schema_editor.connection.alias).get_or_create(name=name, defaults={"value": 0})


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
