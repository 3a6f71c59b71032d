"""The methods every desk begins with; the administrator edits them afterwards."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# name, order, stays with the operator, in the drawer, label of the reference, reference required
FIRST = [
    ("Cash", 1, True, True, "", False),
    ("Cheque", 2, True, False, "Cheque number", True),
    ("Card", 3, False, False, "Slip number", False),
    ("Bank transfer", 4, False, False, "Transfer reference", False),
    ("Other", 5, False, False, "Reference", False),
]


def add(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Write the first methods."""
    method = apps.get_model("tills", "PaymentMethod")
    for name, order, stays, drawer, label, required in FIRST:
        method.objects.using(schema_editor.connection.alias).create(
            name=name,
            order=order,
            stays_with_operator=stays,
            in_drawer=drawer,
            reference_label=label,
            reference_required=required,
        )


class Migration(migrations.Migration):
    dependencies = [("tills", "0001_initial")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
