import customers.money
import django.db.models.deletion
import django.db.models.expressions
from decimal import Decimal
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
            name="Shift",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("issued", "Float issued, not confirmed yet"),
                            ("open", "Open"),
                            ("counted", "Counted, not closed yet"),
                            ("closed", "Closed"),
                            ("cancelled", "Float taken back"),
                        ],
                        default="issued",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("blind", models.BooleanField(verbose_name="blind count")),
                ("tolerance", customers.money.MoneyField(verbose_name="tolerance")),
                ("float_amount", customers.money.MoneyField(verbose_name="float")),
                ("issued_at", models.DateTimeField(verbose_name="issued")),
                (
                    "first_number",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Of the first line that its Z report covers.",
                        null=True,
                        verbose_name="first number",
                    ),
                ),
                ("opened_at", models.DateTimeField(blank=True, null=True, verbose_name="opened")),
                ("opened_on", models.DateField(blank=True, null=True, verbose_name="business day")),
                ("last_number", models.PositiveIntegerField(blank=True, null=True, verbose_name="last number")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="closed by",
                    ),
                ),
                (
                    "issued_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="issued by",
                    ),
                ),
            ],
            options={
                "verbose_name": "shift",
                "verbose_name_plural": "shifts",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Count",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                (
                    "purpose",
                    models.CharField(
                        choices=[("float", "Float"), ("closing", "Closing")], max_length=7, verbose_name="purpose"
                    ),
                ),
                ("cash", customers.money.MoneyField(verbose_name="cash")),
                ("expected", customers.money.MoneyField(blank=True, null=True, verbose_name="expected")),
                (
                    "after_number",
                    models.PositiveIntegerField(
                        help_text="The till's last number when it was counted; what comes later is not in it.",
                        verbose_name="after line",
                    ),
                ),
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
                    "shift",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="counts",
                        to="tills.shift",
                        verbose_name="shift",
                    ),
                ),
            ],
            options={
                "verbose_name": "count",
                "verbose_name_plural": "counts",
                "ordering": ["shift", "number"],
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
                    "requires_shift",
                    models.BooleanField(
                        default=False,
                        help_text="No payment without an open shift. For one operator's till only.",
                        verbose_name="requires shifts",
                    ),
                ),
                (
                    "blind",
                    models.BooleanField(
                        default=True,
                        help_text="What is expected is shown only after the cash has been counted.",
                        verbose_name="blind count",
                    ),
                ),
                (
                    "tolerance",
                    customers.money.MoneyField(
                        default=Decimal("0"),
                        help_text="A count that is off by more than this needs a reason.",
                        verbose_name="tolerance",
                    ),
                ),
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
                "permissions": [
                    ("manage_deposits", "Can create, refill, withdraw and close the deposits of all tills in scope"),
                    (
                        "supervise_tills",
                        "Can issue floats, see and close the shifts of all tills in scope, and write shorts off",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="shift",
            name="till",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="shifts", to="tills.till", verbose_name="till"
            ),
        ),
        migrations.CreateModel(
            name="Transaction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("payment", "Payment"),
                            ("reversal", "Reversal"),
                            ("deposit", "Deposit created"),
                            ("refill", "Deposit refilled"),
                            ("withdrawal", "Withdrawn from the deposit"),
                            ("closing", "Deposit closed"),
                            ("float", "Float received"),
                            ("float_given", "Float issued"),
                            ("pay_in", "Pay-in"),
                            ("pay_out", "Pay-out"),
                            ("drop", "Cash to the safe"),
                            ("drop_taken", "Cash from a till"),
                            ("over", "Over"),
                            ("short", "Short"),
                            ("write_off", "Short written off"),
                        ],
                        max_length=16,
                        verbose_name="kind",
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
                    "shift",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="tills.shift",
                        verbose_name="shift",
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
        migrations.CreateModel(
            name="UsedForm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True, verbose_name="key")),
                ("act", models.CharField(max_length=16, verbose_name="act")),
                ("content", models.TextField(verbose_name="what was asked")),
                ("recorded_at", models.DateTimeField(verbose_name="recorded")),
                (
                    "line",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="forms",
                        to="tills.transaction",
                        verbose_name="transaction",
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
                (
                    "shift",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="forms",
                        to="tills.shift",
                        verbose_name="shift",
                    ),
                ),
            ],
            options={
                "verbose_name": "form about a till",
                "verbose_name_plural": "forms about tills",
            },
        ),
        migrations.CreateModel(
            name="WriteOff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "short",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="write_off",
                        to="tills.transaction",
                        verbose_name="short",
                    ),
                ),
                (
                    "transaction",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="writes_off",
                        to="tills.transaction",
                        verbose_name="transaction",
                    ),
                ),
            ],
            options={
                "verbose_name": "write-off",
                "verbose_name_plural": "write-offs",
            },
        ),
        migrations.CreateModel(
            name="ZReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                ("payload", models.TextField(verbose_name="document as signed")),
                ("key_id", models.CharField(max_length=16, verbose_name="key id")),
                ("previous_digest", models.CharField(max_length=64, verbose_name="digest of the report before")),
                ("digest", models.CharField(max_length=64, unique=True, verbose_name="digest")),
                ("recorded_at", models.DateTimeField(verbose_name="recorded")),
                (
                    "shift",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="z_report",
                        to="tills.shift",
                        verbose_name="shift",
                    ),
                ),
                (
                    "till",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="z_reports",
                        to="tills.till",
                        verbose_name="till",
                    ),
                ),
            ],
            options={
                "verbose_name": "Z report",
                "verbose_name_plural": "Z reports",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="CountRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.CharField(
                        choices=[("cash", "Cash"), ("cheque", "Cheque"), ("slip", "Card slip")],
                        max_length=6,
                        verbose_name="what",
                    ),
                ),
                (
                    "value",
                    customers.money.MoneyField(
                        help_text="Of one note or coin, or of the cheque or slip.", verbose_name="value"
                    ),
                ),
                ("pieces", models.PositiveIntegerField(verbose_name="pieces")),
                ("reference", models.CharField(blank=True, max_length=64, verbose_name="reference")),
                (
                    "count",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="tills.count",
                        verbose_name="count",
                    ),
                ),
            ],
            options={
                "verbose_name": "row of a count",
                "verbose_name_plural": "rows of counts",
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("what", "cash")),
                        fields=("count", "value"),
                        name="count_row_once_per_denomination",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("what__in", ["cash", "cheque", "slip"])), name="count_row_what_known"
                    ),
                    models.CheckConstraint(condition=models.Q(("value__gt", 0)), name="count_row_value_positive"),
                    models.CheckConstraint(condition=models.Q(("pieces__gte", 1)), name="count_row_pieces_from_one"),
                    models.CheckConstraint(
                        condition=models.Q(("what", "cash"), ("pieces", 1), _connector="OR"),
                        name="count_row_paper_is_one_piece",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Booking",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("payment", "Payment"),
                            ("deposit", "Deposit created"),
                            ("refill", "Deposit refilled"),
                            ("withdrawal", "Withdrawn from the deposit"),
                            ("closing", "Deposit closed"),
                            ("float", "Float received"),
                            ("float_given", "Float issued"),
                            ("pay_in", "Pay-in"),
                            ("pay_out", "Pay-out"),
                            ("drop", "Cash to the safe"),
                            ("drop_taken", "Cash from a till"),
                            ("over", "Over"),
                            ("short", "Short"),
                            ("write_off", "Short written off"),
                        ],
                        help_text="A reversal is booked like its payment with debit and credit exchanged.",
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("debit", models.CharField(max_length=32, verbose_name="debit account")),
                ("credit", models.CharField(max_length=32, verbose_name="credit account")),
                (
                    "method",
                    models.ForeignKey(
                        blank=True,
                        help_text="For payments; empty for everything else.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bookings",
                        to="tills.paymentmethod",
                        verbose_name="method",
                    ),
                ),
            ],
            options={
                "verbose_name": "accounts of a movement",
                "verbose_name_plural": "accounts of movements",
                "ordering": ["kind", "method"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "method"),
                        name="booking_once_per_method",
                        violation_error_message="There are accounts for this method already.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("method__isnull", True)),
                        fields=("kind",),
                        name="booking_once_per_kind",
                        violation_error_message="There are accounts for this kind already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "payment",
                                    "deposit",
                                    "refill",
                                    "withdrawal",
                                    "closing",
                                    "float",
                                    "float_given",
                                    "pay_in",
                                    "pay_out",
                                    "drop",
                                    "drop_taken",
                                    "over",
                                    "short",
                                    "write_off",
                                ],
                            )
                        ),
                        name="booking_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "payment"), ("method__isnull", False)),
                            models.Q(models.Q(("kind", "payment"), _negated=True), ("method__isnull", True)),
                            _connector="OR",
                        ),
                        name="booking_method_of_payment",
                        violation_error_message="Choose a method for a payment, and none for anything else.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("debit", ""), _negated=True),
                            models.Q(("credit", ""), _negated=True),
                            models.Q(("debit", models.F("credit")), _negated=True),
                        ),
                        name="booking_two_accounts",
                        violation_error_message="Write two different accounts.",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="count",
            constraint=models.UniqueConstraint(fields=("shift", "number"), name="count_number_once_per_shift"),
        ),
        migrations.AddConstraint(
            model_name="count",
            constraint=models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="count_number_from_one"),
        ),
        migrations.AddConstraint(
            model_name="count",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose__in", ["float", "closing"])), name="count_purpose_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="count",
            constraint=models.CheckConstraint(condition=models.Q(("cash__gte", 0)), name="count_cash_not_negative"),
        ),
        migrations.AddConstraint(
            model_name="count",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("expected__isnull", True), ("purpose", "float")),
                    models.Q(("expected__isnull", False), ("purpose", "closing")),
                    _connector="OR",
                ),
                name="count_closing_has_expected",
            ),
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
        migrations.AddConstraint(
            model_name="till",
            constraint=models.CheckConstraint(
                condition=models.Q(("requires_shift", False), ("operator__isnull", False), _connector="OR"),
                name="till_shifts_of_one_operator",
            ),
        ),
        migrations.AddConstraint(
            model_name="till",
            constraint=models.CheckConstraint(
                condition=models.Q(("tolerance__gte", 0)), name="till_tolerance_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.UniqueConstraint(fields=("till", "number"), name="shift_number_once_per_till"),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["issued", "open", "counted"])),
                fields=("till",),
                name="shift_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="shift_number_from_one"),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["issued", "open", "counted", "closed", "cancelled"])),
                name="shift_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.CheckConstraint(
                condition=models.Q(("float_amount__gte", 0)), name="shift_float_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.CheckConstraint(
                condition=models.Q(("tolerance__gte", 0)), name="shift_tolerance_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("first_number__isnull", True),
                        ("opened_at__isnull", True),
                        ("opened_on__isnull", True),
                        ("state__in", ["issued", "cancelled"]),
                    ),
                    models.Q(
                        ("first_number__gte", 1),
                        ("first_number__isnull", False),
                        ("opened_at__isnull", False),
                        ("opened_on__isnull", False),
                        ("state__in", ["open", "counted", "closed"]),
                    ),
                    _connector="OR",
                ),
                name="shift_opened_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("closed_at__isnull", True),
                        ("closed_by__isnull", True),
                        ("last_number__isnull", True),
                        ("state__in", ["issued", "open", "counted"]),
                    ),
                    models.Q(
                        ("closed_at__isnull", False),
                        ("closed_by__isnull", False),
                        ("last_number__isnull", True),
                        ("state", "cancelled"),
                    ),
                    models.Q(
                        ("closed_at__isnull", False),
                        ("closed_by__isnull", False),
                        (
                            "last_number__gte",
                            django.db.models.expressions.CombinedExpression(
                                models.F("first_number"), "-", models.Value(1)
                            ),
                        ),
                        ("last_number__isnull", False),
                        ("state", "closed"),
                    ),
                    _connector="OR",
                ),
                name="shift_closed_complete",
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
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("kind__in", ["deposit", "refill", "withdrawal", "closing"])),
                fields=["till", "number"],
                name="line_of_deposit",
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("kind__in", ["over", "short"])), fields=["shift"], name="line_of_difference"
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "deposit",
                            "refill",
                            "withdrawal",
                            "closing",
                            "float",
                            "float_given",
                            "pay_in",
                            "pay_out",
                            "drop",
                            "drop_taken",
                            "over",
                            "short",
                            "write_off",
                        ],
                    )
                ),
                fields=["id"],
                name="line_of_movement",
            ),
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
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "payment",
                            "reversal",
                            "deposit",
                            "refill",
                            "withdrawal",
                            "closing",
                            "float",
                            "float_given",
                            "pay_in",
                            "pay_out",
                            "drop",
                            "drop_taken",
                            "over",
                            "short",
                            "write_off",
                        ],
                    )
                ),
                name="line_kind_known",
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
                    ("kind", "short"),
                    _connector="OR",
                ),
                name="line_cash_moves_balance",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "deposit"), _negated=True),
                    models.Q(
                        ("customer__isnull", True),
                        ("method__isnull", True),
                        ("effect", models.F("amount")),
                        ("cash", 0),
                    ),
                    _connector="OR",
                ),
                name="line_deposit_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "refill"), _negated=True),
                    models.Q(
                        ("customer__isnull", True),
                        ("method__isnull", True),
                        ("effect", models.F("amount")),
                        ("cash", 0),
                    ),
                    _connector="OR",
                ),
                name="line_refill_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "withdrawal"), _negated=True),
                    models.Q(
                        ("customer__isnull", True),
                        ("method__isnull", True),
                        (
                            "effect",
                            django.db.models.expressions.CombinedExpression(models.Value(-1), "*", models.F("amount")),
                        ),
                        ("cash", 0),
                    ),
                    _connector="OR",
                ),
                name="line_withdrawal_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "closing"), _negated=True),
                    models.Q(
                        ("customer__isnull", True),
                        ("method__isnull", True),
                        (
                            "effect",
                            django.db.models.expressions.CombinedExpression(models.Value(-1), "*", models.F("amount")),
                        ),
                        ("cash", 0),
                    ),
                    _connector="OR",
                ),
                name="line_closing_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "float"), _negated=True),
                    models.Q(
                        ("customer__isnull", True),
                        ("method__isnull", True),
                        (
                            "effect",
                            django.db.models.expressions.CombinedExpression(models.Value(-1), "*", models.F("amount")),
                        ),
                        ("cash", models.F("amount")),
                    ),
                    _connector="OR",
                ),
                name="line_float_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "float_given"), _negated=True),
                    models.Q(
                        ("customer__isnull", True),
                        ("method__isnull", True),
                        ("effect", models.F("amount")),
                        (
                            "cash",
                            django.db.models.expressions.CombinedExpression(models.Value(-1), "*", models.F("amount")),
                        ),
                    ),
                    _connector="OR",
                ),
                name="line_float_given_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "pay_in"), _negated=True),
                    models.Q(
                        ("customer__isnull", True),
                        ("method__isnull", True),
                        (
                            "effect",
                            django.db.models.expressions.CombinedExpression(models.Value(-1), "*", models.F("amount")),
                        ),
                        ("cash", models.F("amount")),
                    ),
                    _connector="OR",
                ),
                name="line_pay_in_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "pay_out"), _negated=True),
                    models.Q(
                        ("customer__isnull", True),
                        ("method__isnull", True),
                        ("effect", models.F("amount")),
                        (
                            "cash",
                            django.db.models.expressions.CombinedExpression(models.Value(-1), "*", models.F("amount")),
                        ),
                    ),
                    _connector="OR",
                ),
                name="line_pay_out_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "drop"), _negated=True),
                    models.Q(
                        ("customer__isnull", True),
                        ("method__isnull", True),
                        ("effect", models.F("amount")),
                        (
                            "cash",
                            django.db.models.expressions.CombinedExpression(models.Value(-1), "*", models.F("amount")),
                        ),
                    ),
                    _connector="OR",
                ),
                name="line_drop_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "drop_taken"), _negated=True),
                    models.Q(
                        ("customer__isnull", True),
                        ("method__isnull", True),
                        (
                            "effect",
                            django.db.models.expressions.CombinedExpression(models.Value(-1), "*", models.F("amount")),
                        ),
                        ("cash", models.F("amount")),
                    ),
                    _connector="OR",
                ),
                name="line_drop_taken_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "over"), _negated=True),
                    models.Q(
                        ("customer__isnull", True),
                        ("method__isnull", True),
                        (
                            "effect",
                            django.db.models.expressions.CombinedExpression(models.Value(-1), "*", models.F("amount")),
                        ),
                        ("cash", models.F("amount")),
                    ),
                    _connector="OR",
                ),
                name="line_over_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "short"), _negated=True),
                    models.Q(
                        ("customer__isnull", True),
                        ("method__isnull", True),
                        ("effect", 0),
                        (
                            "cash",
                            django.db.models.expressions.CombinedExpression(models.Value(-1), "*", models.F("amount")),
                        ),
                    ),
                    _connector="OR",
                ),
                name="line_short_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "write_off"), _negated=True),
                    models.Q(
                        ("customer__isnull", True),
                        ("method__isnull", True),
                        ("effect", models.F("amount")),
                        ("cash", 0),
                    ),
                    _connector="OR",
                ),
                name="line_write_off_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("kind", "closing"), _negated=True), ("balance_after", 0), _connector="OR"),
                name="line_closing_leaves_nothing",
            ),
        ),
        migrations.AddConstraint(
            model_name="zreport",
            constraint=models.UniqueConstraint(fields=("till", "number"), name="z_number_once_per_till"),
        ),
        migrations.AddConstraint(
            model_name="zreport",
            constraint=models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="z_number_from_one"),
        ),
    ]
