import customers.money
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("customers", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PaymentMethod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=64, unique=True, verbose_name="name")),
                ("order", models.PositiveSmallIntegerField(default=100, verbose_name="order")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "stays_with_operator",
                    models.BooleanField(
                        default=False,
                        help_text="The money is in the operator's hands afterwards.",
                        verbose_name="stays with the operator",
                    ),
                ),
                (
                    "in_drawer",
                    models.BooleanField(
                        default=False,
                        help_text="Counted as notes and coins in the drawer.",
                        verbose_name="cash in the drawer",
                    ),
                ),
                (
                    "reference_label",
                    models.CharField(
                        blank=True,
                        help_text="Empty: no reference is asked for.",
                        max_length=64,
                        verbose_name="label of the reference",
                    ),
                ),
                ("reference_required", models.BooleanField(default=False, verbose_name="reference required")),
                (
                    "external_id",
                    models.CharField(
                        blank=True,
                        help_text="Empty until mapped.",
                        max_length=64,
                        verbose_name="id in the billing system",
                    ),
                ),
            ],
            options={
                "verbose_name": "payment method",
                "verbose_name_plural": "payment methods",
                "ordering": ["order", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("in_drawer", False), ("stays_with_operator", True), _connector="OR"),
                        name="method_in_drawer_stays",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reference_required", False),
                            models.Q(("reference_label", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="method_required_has_label",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Till",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        help_text="Begins every document number.", max_length=16, unique=True, verbose_name="code"
                    ),
                ),
                (
                    "limit",
                    customers.money.MoneyField(
                        blank=True,
                        help_text="How far below zero the balance may go. Empty: no limit. 0: money is paid in first.",
                        null=True,
                        verbose_name="limit",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "operator",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="till",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="operator",
                    ),
                ),
                (
                    "reseller",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="till",
                        to="accounts.reseller",
                        verbose_name="reseller",
                    ),
                ),
            ],
            options={
                "verbose_name": "till",
                "verbose_name_plural": "tills",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="Transaction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                (
                    "kind",
                    models.CharField(
                        choices=[("payment", "Payment"), ("reversal", "Reversal")], max_length=16, verbose_name="kind"
                    ),
                ),
                ("amount", customers.money.MoneyField(verbose_name="amount")),
                ("effect", customers.money.MoneyField(verbose_name="effect on the balance")),
                ("cash", customers.money.MoneyField(verbose_name="effect on the cash in the drawer")),
                ("balance_before", customers.money.MoneyField(verbose_name="balance before")),
                ("balance_after", customers.money.MoneyField(verbose_name="balance after")),
                ("comment", models.CharField(blank=True, max_length=160, verbose_name="comment")),
                ("recorded_at", models.DateTimeField(verbose_name="recorded")),
                ("business_date", models.DateField(verbose_name="business day")),
                ("payload", models.TextField(verbose_name="document as signed")),
                ("key_id", models.CharField(max_length=16, verbose_name="key id")),
                ("previous_digest", models.CharField(max_length=64, verbose_name="digest of the line before")),
                ("digest", models.CharField(max_length=64, unique=True, verbose_name="digest")),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "method",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="tills.paymentmethod",
                        verbose_name="method",
                    ),
                ),
                (
                    "operator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="operator",
                    ),
                ),
                (
                    "reseller",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="accounts.reseller",
                        verbose_name="reseller",
                    ),
                ),
                (
                    "till",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="tills.till",
                        verbose_name="till",
                    ),
                ),
            ],
            options={
                "verbose_name": "transaction",
                "verbose_name_plural": "transactions",
                "ordering": ["-pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="till",
            constraint=models.CheckConstraint(condition=models.Q(("code", ""), _negated=True), name="till_has_code"),
        ),
        migrations.AddConstraint(
            model_name="till",
            constraint=models.CheckConstraint(
                condition=models.Q(("operator__isnull", True), ("reseller__isnull", True), _connector="OR"),
                name="till_has_one_holder_at_most",
            ),
        ),
        migrations.AddConstraint(
            model_name="till",
            constraint=models.CheckConstraint(
                condition=models.Q(("limit__isnull", True), ("limit__gte", 0), _connector="OR"),
                name="till_limit_not_negative",
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["operator", "business_date", "id"], name="line_by_operator"),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["reseller", "business_date", "id"], name="line_by_reseller"),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["business_date", "id"], name="line_by_day"),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.UniqueConstraint(fields=("till", "number"), name="line_number_once_per_till"),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="line_number_from_one"),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["payment", "reversal"])), name="line_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="line_amount_positive"),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("effect", 0),
                    ("effect", models.F("amount")),
                    (
                        "effect",
                        django.db.models.expressions.CombinedExpression(models.Value(-1), "*", models.F("amount")),
                    ),
                    _connector="OR",
                ),
                name="line_effect_of_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cash", 0),
                    ("cash", models.F("amount")),
                    (
                        "cash",
                        django.db.models.expressions.CombinedExpression(models.Value(-1), "*", models.F("amount")),
                    ),
                    _connector="OR",
                ),
                name="line_cash_of_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "balance_after",
                        django.db.models.expressions.CombinedExpression(
                            models.F("balance_before"), "+", models.F("effect")
                        ),
                    )
                ),
                name="line_balance_follows",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "payment"), _negated=True),
                    models.Q(
                        ("cash__gte", 0), ("customer__isnull", False), ("effect__lte", 0), ("method__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="line_payment_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "reversal"), _negated=True),
                    models.Q(
                        ("cash__lte", 0), ("customer__isnull", False), ("effect__gte", 0), ("method__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="line_reversal_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cash", 0),
                    (
                        "effect",
                        django.db.models.expressions.CombinedExpression(models.Value(-1), "*", models.F("cash")),
                    ),
                    _connector="OR",
                ),
                name="line_cash_moves_balance",
            ),
        ),
    ]
