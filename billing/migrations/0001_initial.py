import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0001_initial"),
        ("payments", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiSession",
            fields=[
                ("name", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("nonce", models.PositiveBigIntegerField(default=0)),
                ("token", models.TextField(blank=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "API session",
                "verbose_name_plural": "API sessions",
            },
        ),
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("number", models.PositiveIntegerField(primary_key=True, serialize=False, verbose_name="number")),
                ("made_at", models.DateTimeField(verbose_name="made")),
            ],
            options={
                "verbose_name": "batch",
                "verbose_name_plural": "batches",
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="Missed",
            fields=[
                ("external_id", models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name="id")),
            ],
            options={
                "verbose_name": "customer to be asked for",
                "verbose_name_plural": "customers to be asked for",
                "ordering": ["external_id"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("external_id", ""), _negated=True), name="missed_has_id")
                ],
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("role", models.CharField(max_length=16, primary_key=True, serialize=False, verbose_name="what for")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="last answer")),
                ("failed_at", models.DateTimeField(blank=True, null=True, verbose_name="last failure")),
                ("failures", models.PositiveIntegerField(default=0, verbose_name="failures since the last answer")),
                ("error", models.CharField(blank=True, max_length=255, verbose_name="what went wrong")),
                ("tried_at", models.DateTimeField(blank=True, null=True, verbose_name="last try after failures")),
            ],
            options={
                "verbose_name": "contact",
                "verbose_name_plural": "contacts",
                "ordering": ["role"],
            },
        ),
        migrations.CreateModel(
            name="Counter",
            fields=[
                ("name", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("value", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateField(verbose_name="since")),
                ("started_at", models.DateTimeField(verbose_name="started")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                ("compared", models.PositiveIntegerField(default=0, verbose_name="payments compared")),
            ],
            options={
                "verbose_name": "reconciliation",
                "verbose_name_plural": "reconciliations",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                ("name", models.CharField(max_length=16, primary_key=True, serialize=False, verbose_name="name")),
                ("since", models.DateTimeField(verbose_name="since")),
            ],
            options={
                "verbose_name": "source of the figures",
                "verbose_name_plural": "sources of the figures",
            },
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                ("number", models.PositiveBigIntegerField(primary_key=True, serialize=False, verbose_name="number")),
                ("includes_batch", models.PositiveIntegerField(default=0, verbose_name="includes batch")),
                ("as_of", models.DateTimeField(verbose_name="as of")),
                ("started_at", models.DateTimeField(verbose_name="started")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
                "ordering": ["-number"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="import_number_from_one")
                ],
            },
        ),
        migrations.CreateModel(
            name="Pull",
            fields=[
                ("number", models.PositiveBigIntegerField(primary_key=True, serialize=False, verbose_name="number")),
                ("is_full", models.BooleanField(verbose_name="all customers")),
                ("started_at", models.DateTimeField(verbose_name="started")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                ("customers", models.PositiveIntegerField(default=0, verbose_name="customers")),
                ("changed", models.PositiveIntegerField(default=0, verbose_name="changed")),
                ("left_alone", models.PositiveIntegerField(default=0, verbose_name="left alone")),
                ("unmapped", models.CharField(blank=True, max_length=255, verbose_name="partners without a reseller")),
                ("error", models.CharField(blank=True, max_length=255, verbose_name="what went wrong")),
            ],
            options={
                "verbose_name": "pull",
                "verbose_name_plural": "pulls",
                "ordering": ["-number"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="pull_number_from_one")
                ],
            },
        ),
        migrations.CreateModel(
            name="Difference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("deleted", "Deleted over there"),
                            ("changed", "Changed over there"),
                            ("missing", "Missing over there"),
                            ("twice", "Twice under our reference"),
                            ("undone", "There, although reversed or cancelled here"),
                            ("unknown", "There, and not known here"),
                            ("balance", "Balance differs"),
                            ("unread", "Could not be compared"),
                        ],
                        max_length=9,
                        verbose_name="what differs",
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=64, verbose_name="reference")),
                ("customer_id_there", models.CharField(blank=True, max_length=64, verbose_name="customer")),
                ("remote_id", models.CharField(blank=True, max_length=64, verbose_name="id in the billing system")),
                ("here", models.CharField(blank=True, max_length=255, verbose_name="here")),
                ("there", models.CharField(blank=True, max_length=255, verbose_name="over there")),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                        verbose_name="customer whose balance differs",
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.delivery",
                        verbose_name="delivery",
                    ),
                ),
                (
                    "reconciliation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="differences",
                        to="billing.reconciliation",
                        verbose_name="reconciliation",
                    ),
                ),
            ],
            options={
                "verbose_name": "difference",
                "verbose_name_plural": "differences",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Settlement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("retry", "Try again"),
                            ("entering", "I am entering it"),
                            ("entered", "Entered"),
                            ("not", "Not entered"),
                        ],
                        max_length=8,
                        verbose_name="step",
                    ),
                ),
                (
                    "was",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sending", "Sending"),
                            ("delivered", "Delivered"),
                            ("unknown", "Unknown"),
                            ("refused", "Refused"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=9,
                        verbose_name="state before",
                    ),
                ),
                ("comment", models.CharField(max_length=255, verbose_name="comment")),
                ("remote_id", models.CharField(blank=True, max_length=64, verbose_name="id in the billing system")),
                ("recorded_at", models.DateTimeField(verbose_name="recorded")),
                (
                    "delivery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlements",
                        to="payments.delivery",
                        verbose_name="delivery",
                    ),
                ),
                (
                    "operator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="operator",
                    ),
                ),
            ],
            options={
                "verbose_name": "settlement by hand",
                "verbose_name_plural": "settlements by hand",
                "ordering": ["pk"],
                "permissions": [("manage_billing", "Can see and settle what the billing system did not take")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("step__in", ["retry", "entering", "entered", "not"])),
                        name="settlement_step_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("step", "retry"), models.Q(("comment", ""), _negated=True), _connector="OR"
                        ),
                        name="settlement_says_why",
                    ),
                ],
            },
        ),
    ]
