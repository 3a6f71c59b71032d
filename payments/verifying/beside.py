"""What must hold beside the lines: no row that belongs nowhere, papers counted, sums as history shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, Model, OuterRef
from django.utils.translation import gettext as _

from accounts.models import Operator, Reseller
from customers.money import SCALE, format_amount
from payments import history
from payments.models import Allocation, Delivery, GivenUpKey, Payment, Printing, Reversal
from payments.verifying.report import Fault, Tally, as_far_as_readable
from tills.models import PaymentMethod, Till, Transaction, UsedForm

Missing = type[Model]


def faults_beside(tally: Tally) -> Iterator[Fault]:
    """Return what is wrong beside the lines, given what was counted on the way through all of them."""
    looks: list[tuple[str, Callable[[], Iterator[Fault]]]] = [
        (_("rows that belong to no line"), partial(_stray_rows, tally)),
        (_("people and methods"), partial(_missing_people, tally)),
        (_("tills"), _doubled_tills),
        (_("printings"), _papers),
        (_("forms given up"), _given_up),
        (_("batches"), _batches),
        (_("sums of history"), partial(_sums, tally)),
    ]
    for where, look in looks:
        yield from as_far_as_readable(where, look)


def odd_methods(tally: Tally) -> Iterator[Fault]:
    """Return the methods that now do something else to a till than at some of their lines."""
    for method in PaymentMethod.objects.filter(pk__in=tally.other_effect):
        yield Fault(method.name, _("this method now does something else to a till than it did at some of its lines"))


def _stray_rows(tally: Tally) -> Iterator[Fault]:
    """Return the rows that no line leads to; looked for only where the counts differ, which costs less."""
    rows: list[tuple[Missing, int, str, Missing, str]] = [
        (Transaction, tally.lines, "till_id", Till, _("a line belongs to a till that is not there")),
        (Payment, tally.payment_rows, "transaction_id", Transaction, _("a payment belongs to no line")),
        (Reversal, tally.reversal_rows, "transaction_id", Transaction, _("a reversal belongs to no line")),
        (Allocation, tally.parts, "payment_id", Payment, _("a part belongs to no payment")),
        (Delivery, tally.deliveries, "allocation_id", Allocation, _("a delivery belongs to no part")),
    ]
    for model, counted, column, owner, what in rows:
        stored = model._default_manager.count()
        if stored == counted:
            continue
        stray = _without(model, column, owner)
        if stray:
            yield from (Fault(f"{model._meta.verbose_name} {pk}", what) for pk in stray)
        else:
            what = _("%(stored)d rows stand there, %(counted)d of them belong to the lines")
            yield Fault(str(model._meta.verbose_name_plural), what % {"stored": stored, "counted": counted})
    for pk in _without(Reversal, "payment_id", Payment):
        yield Fault(f"{Reversal._meta.verbose_name} {pk}", _("a reversal undoes a payment that is not there"))


def _without(model: Missing, column: str, owner: Missing) -> list[Any]:
    """Return the ids of rows whose owner is not there. Any: ids."""
    missing = ~Exists(owner._default_manager.filter(pk=OuterRef(column)))
    return list(model._default_manager.filter(missing).order_by("pk").values_list("pk", flat=True)[:100])


def _missing_people(tally: Tally) -> Iterator[Fault]:
    seen: list[tuple[Missing, set[Any]]] = [  # Any: ids
        (Operator, tally.operators),
        (Reseller, tally.resellers - {None}),
        (PaymentMethod, (set(tally.payments) | set(tally.reversals)) - {None}),
    ]
    for model, ids in seen:
        there = set(model._default_manager.filter(pk__in=ids).values_list("pk", flat=True))
        for pk in sorted(ids - there):
            yield Fault(f"{model._meta.verbose_name} {pk}", _("lines name it, but it is not there"))


def _doubled_tills() -> Iterator[Fault]:
    for code in Till.objects.values_list("code", flat=True).annotate(rows=Count("pk")).filter(rows__gt=1).order_by():
        yield Fault(code, _("more than one till has this code"))


def _papers() -> Iterator[Fault]:
    """Return the payments whose printings are not numbered 1, 2, 3 and so on."""
    counted = (
        Printing.objects.order_by("payment_id")
        .values_list("payment_id")
        .annotate(rows=Count("pk"), numbers=Count("number", distinct=True), first=Min("number"), last=Max("number"))
    )
    for payment_id, *_counts in counted.exclude(first=1, last=F("rows"), numbers=F("rows")):
        payment = Payment.objects.filter(pk=payment_id).select_related("transaction__till").first()
        where = payment.transaction.document_number if payment else f"{Payment._meta.verbose_name} {payment_id}"
        yield Fault(where, _("its printings are not numbered 1, 2, 3 without a gap"))
    for pk in _without(Printing, "payment_id", Payment):
        yield Fault(f"{Printing._meta.verbose_name} {pk}", _("a printing belongs to no payment"))


def _given_up() -> Iterator[Fault]:
    taken = Payment.objects.filter(key=OuterRef("key"), transaction__operator=OuterRef("operator"))
    for key in GivenUpKey.objects.filter(Exists(taken)).values_list("key", flat=True):
        yield Fault(str(key), _("this form was given up, and yet there is a payment of the same operator with it"))
    bound = UsedForm.objects.filter(key=OuterRef("key"))
    for key in GivenUpKey.objects.filter(~Exists(bound)).values_list("key", flat=True):
        yield Fault(str(key), _("this form was given up, and yet it could still do something to a till"))
    doubled = GivenUpKey.objects.values("key", "operator").annotate(rows=Count("pk")).filter(rows__gt=1).order_by()
    for row in doubled:
        yield Fault(str(row["key"]), _("this form was given up twice"))


def _batches() -> Iterator[Fault]:
    batched = Delivery.objects.filter(batch__isnull=False)
    used = batched.aggregate(last=Max("batch"), count=Count("batch", distinct=True))
    if used["count"] != (used["last"] or 0):
        what = _("%(count)d batches have parts, but the last one has number %(last)d")
        yield Fault(_("batches"), what % used)


def _sums(tally: Tally) -> Iterator[Fault]:
    """Return the methods whose sums in history, as somebody sees it who sees everything, are not those of the lines."""
    auditor = Operator(username="verify_books", is_superuser=True)  # never saved
    lines = history.filtered(auditor, history.Wanted())
    shown = {t.name: t for t in history.totals(auditor, lines, history.Place()).by_method}
    names = dict(PaymentMethod.objects.values_list("pk", "name"))
    for method in sorted(tally.amounts, key=str):
        name = None if method is None else names.pop(method, None)
        total = shown.pop(name, None) if name is not None else None
        ours = (tally.payments[method], tally.reversals[method], tally.amounts[method])
        theirs = (total.payments, total.reversals, int(total.amount.scaleb(SCALE))) if total else (0, 0, 0)
        if ours != theirs:
            yield Fault(name or _("no method"), _("history does not show what the lines sum to"))
    for name, total in shown.items():
        what = _("history shows %(amount)s that no line holds")
        yield Fault(name, what % {"amount": format_amount(total.amount)})
