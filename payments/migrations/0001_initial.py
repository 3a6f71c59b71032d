import customers.money
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0001_initial"),
        ("tills", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True, verbose_name="key")),
                ("reference", models.CharField(blank=True, max_length=64, verbose_name="reference")),
                ("paid_on", models.DateField(verbose_name="paid on")),
                ("customer_name", models.CharField(max_length=255, verbose_name="customer")),
                ("customer_login", models.CharField(blank=True, max_length=128, verbose_name="login")),
                ("customer_balance_before", customers.money.MoneyField(verbose_name="customer's balance before")),
                ("customer_balance_after", customers.money.MoneyField(verbose_name="customer's balance after")),
                (
                    "transaction",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payment",
                        to="tills.transaction",
                        verbose_name="transaction",
                    ),
                ),
            ],
            options={
                "verbose_name": "payment",
                "verbose_name_plural": "payments",
                "ordering": ["-pk"],
                "permissions": [
                    ("view_all_payments", "Can see the payments of all operators in scope"),
                    ("reverse_payment", "Can reverse any payment in scope, at any time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Allocation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", customers.money.MoneyField(verbose_name="amount")),
                (
                    "invoice",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: on account.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="customers.invoice",
                        verbose_name="document",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="payments.payment",
                        verbose_name="payment",
                    ),
                ),
            ],
            options={
                "verbose_name": "part of a payment",
                "verbose_name_plural": "parts of payments",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Printing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                ("recorded_at", models.DateTimeField(verbose_name="recorded")),
                (
                    "operator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="operator",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="printings",
                        to="payments.payment",
                        verbose_name="payment",
                    ),
                ),
            ],
            options={
                "verbose_name": "printing",
                "verbose_name_plural": "printings",
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="Reversal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("customer", "Wrong customer"),
                            ("amount", "Wrong amount"),
                            ("method", "Wrong method"),
                            ("changed", "Customer changed their mind"),
                            ("other", "Other"),
                        ],
                        max_length=8,
                        verbose_name="reason",
                    ),
                ),
                (
                    "payment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversal",
                        to="payments.payment",
                        verbose_name="payment",
                    ),
                ),
                (
                    "replacement",
                    models.OneToOneField(
                        blank=True,
                        help_text="Empty: the money was given back.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaces",
                        to="payments.payment",
                        verbose_name="payment for the right customer",
                    ),
                ),
                (
                    "transaction",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversal",
                        to="tills.transaction",
                        verbose_name="transaction",
                    ),
                ),
            ],
            options={
                "verbose_name": "reversal",
                "verbose_name_plural": "reversals",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("apply", "Apply"), ("undo", "Undo")],
                        default="apply",
                        max_length=5,
                        verbose_name="kind",
                    ),
                ),
                ("reference", models.CharField(max_length=32, unique=True, verbose_name="reference")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sending", "Sending"),
                            ("delivered", "Delivered"),
                            ("unknown", "Unknown"),
                            ("refused", "Refused"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="waiting",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                (
                    "reflected",
                    models.BooleanField(
                        default=False,
                        help_text="The billing system's own figures contain it.",
                        verbose_name="reflected",
                    ),
                ),
                ("batch", models.PositiveIntegerField(blank=True, null=True, verbose_name="batch")),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                (
                    "look_ups",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="How often it was looked for and not found since it became unknown.",
                        verbose_name="look-ups",
                    ),
                ),
                (
                    "lease",
                    models.DateTimeField(
                        blank=True,
                        help_text="Nobody touches it before; an unknown one without a lease waits for a person.",
                        null=True,
                        verbose_name="lease until",
                    ),
                ),
                ("remote_id", models.CharField(blank=True, max_length=64, verbose_name="id in the billing system")),
                ("error", models.CharField(blank=True, max_length=255, verbose_name="what went wrong")),
                (
                    "allocation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="payments.allocation",
                        verbose_name="part",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
                "ordering": ["pk"],
                "indexes": [
                    models.Index(condition=models.Q(("state", "waiting")), fields=["id"], name="delivery_waiting"),
                    models.Index(
                        condition=models.Q(("state__in", ["sending", "unknown"])), fields=["id"], name="delivery_held"
                    ),
                    models.Index(
                        condition=models.Q(("lease__isnull", False)), fields=["lease"], name="delivery_leased"
                    ),
                    models.Index(condition=models.Q(("state", "refused")), fields=["id"], name="delivery_refused"),
                    models.Index(
                        condition=models.Q(("reflected", False), models.Q(("state", "cancelled"), _negated=True)),
                        fields=["id"],
                        name="delivery_not_reflected",
                    ),
                    models.Index(
                        condition=models.Q(("batch__isnull", False)), fields=["batch"], name="delivery_by_batch"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("allocation", "kind"), name="delivery_once_per_part_and_kind"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["apply", "undo"])), name="delivery_kind_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["waiting", "sending", "delivered", "unknown", "refused", "cancelled"])
                        ),
                        name="delivery_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reflected", False), ("state", "delivered"), _connector="OR"),
                        name="delivery_reflected_is_delivered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("batch__isnull", True), ("state", "delivered"), _connector="OR"),
                        name="delivery_batched_is_delivered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("batch__isnull", True), ("batch__gte", 1), _connector="OR"),
                        name="delivery_batch_from_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "delivered"), _negated=True),
                            ("batch__isnull", False),
                            models.Q(("remote_id", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="delivery_delivered_says_where",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "sending"), _negated=True), ("lease__isnull", False), _connector="OR"
                        ),
                        name="delivery_sending_has_lease",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GivenUpKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(verbose_name="key")),
                ("recorded_at", models.DateTimeField(verbose_name="recorded")),
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
                "verbose_name": "given-up form",
                "verbose_name_plural": "given-up forms",
                "constraints": [models.UniqueConstraint(fields=("operator", "key"), name="given_up_key_once")],
            },
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="part_amount_positive"),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.UniqueConstraint(fields=("payment", "invoice"), name="part_once_per_document"),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("invoice__isnull", True)), fields=("payment",), name="part_on_account_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="printing",
            constraint=models.UniqueConstraint(fields=("payment", "number"), name="printing_number_once"),
        ),
        migrations.AddConstraint(
            model_name="printing",
            constraint=models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="printing_number_from_one"),
        ),
        migrations.AddConstraint(
            model_name="reversal",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason__in", ["customer", "amount", "method", "changed", "other"])),
                name="reversal_reason_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="reversal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("replacement__isnull", True),
                    models.Q(("replacement", models.F("payment")), _negated=True),
                    _connector="OR",
                ),
                name="reversal_replacement_is_another",
            ),
        ),
    ]
