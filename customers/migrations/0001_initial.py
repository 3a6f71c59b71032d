import customers.fields
import customers.money
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Customer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=64, unique=True, verbose_name="id")),
                ("login", models.CharField(max_length=128, verbose_name="login")),
                ("name", models.CharField(blank=True, max_length=255, verbose_name="name")),
                ("company", models.CharField(blank=True, max_length=255, verbose_name="company")),
                (
                    "balance",
                    customers.money.MoneyField(
                        default=0,
                        help_text="As the billing system last said; below zero: owes.",
                        verbose_name="balance",
                    ),
                ),
                ("as_of", models.DateTimeField(help_text="When the billing system said so.", verbose_name="as of")),
                ("gone_at", models.DateTimeField(blank=True, null=True, verbose_name="gone since")),
                (
                    "paid_through",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="Id of the account that pays for this one; empty: this account pays for itself.",
                        max_length=64,
                        verbose_name="paid through",
                    ),
                ),
                ("fetched", models.PositiveBigIntegerField(default=0, editable=False, verbose_name="last fetch")),
                (
                    "event",
                    models.PositiveBigIntegerField(default=0, editable=False, verbose_name="last delivery event"),
                ),
                (
                    "asked",
                    models.PositiveBigIntegerField(default=0, editable=False, verbose_name="last asked for a fetch"),
                ),
                ("id_key", customers.fields.KeyField(editable=False, max_length=64)),
                ("id_short", customers.fields.KeyField(editable=False, max_length=64)),
                ("login_key", customers.fields.KeyField(editable=False, max_length=128)),
                ("login_short", customers.fields.KeyField(editable=False, max_length=128)),
                (
                    "reseller",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="customers",
                        to="accounts.reseller",
                        verbose_name="reseller",
                    ),
                ),
            ],
            options={
                "verbose_name": "customer",
                "verbose_name_plural": "customers",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("invoice", "Invoice"), ("proforma", "Proforma")],
                        default="invoice",
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("external_id", models.CharField(max_length=64, verbose_name="id in the billing system")),
                ("number", models.CharField(max_length=64, verbose_name="number")),
                ("issued_on", models.DateField(verbose_name="issued")),
                ("due_on", models.DateField(verbose_name="due on")),
                ("total", customers.money.MoneyField(verbose_name="total")),
                ("due", customers.money.MoneyField(help_text="As the billing system last said.", verbose_name="due")),
                ("number_key", customers.fields.KeyField(editable=False, max_length=64)),
                ("number_short", customers.fields.KeyField(editable=False, max_length=64)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "invoice",
                "verbose_name_plural": "invoices",
                "ordering": ["due_on", "pk"],
            },
        ),
        migrations.CreateModel(
            name="SearchKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", customers.fields.KeyField(max_length=64)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_keys",
                        to="customers.customer",
                    ),
                ),
                (
                    "reseller",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.reseller",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["id_key", "reseller"], name="customer_id_key"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["id_short", "reseller"], name="customer_id_short"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["login_key", "reseller"], name="customer_login_key"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["login_short", "reseller"], name="customer_login_short"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(
                    ("event__gt", models.F("fetched")), ("asked__gt", models.F("fetched")), _connector="OR"
                ),
                fields=["id"],
                name="customer_wanted",
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(("external_id", ""), _negated=True), name="customer_has_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(("company", ""), ("name", ""), _negated=True), name="customer_has_name_or_company"
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["number_key"], name="invoice_number_key"),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["number_short"], name="invoice_number_short"),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("due__gt", 0)), fields=["customer", "due_on"], name="invoice_unpaid"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                fields=("customer", "kind", "external_id"), name="invoice_once_per_customer"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("number", ""), _negated=True), name="invoice_has_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["invoice", "proforma"])), name="invoice_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(condition=models.Q(("due__gte", 0)), name="invoice_due_not_negative"),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("due__lte", models.F("total"))), name="invoice_due_within_total"
            ),
        ),
        migrations.AddIndex(
            model_name="searchkey",
            index=models.Index(fields=["key", "customer"], name="search_key_all"),
        ),
        migrations.AddIndex(
            model_name="searchkey",
            index=models.Index(fields=["reseller", "key", "customer"], name="search_key_reseller"),
        ),
        migrations.AddConstraint(
            model_name="searchkey",
            constraint=models.UniqueConstraint(fields=("customer", "key"), name="search_key_once"),
        ),
    ]
