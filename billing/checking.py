"""Whether pull and delivery would work: the connection, and what must be mapped between here and there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import Reseller
from billing.connectors.choosing import NotConnected, billing_system
from billing.connectors.files import check_files
from billing.connectors.protocol import BillingSystem, BillingUnavailable, Finding, RemoteName, Severity
from billing.models import Import
from payments.balances import NOT_YET_THERE
from payments.models import Delivery
from tills.models import PaymentMethod


def check_billing(customers: Path | None = None, invoices: Path | None = None) -> Iterator[Finding]:
    """Yield what was found, one sentence each; changes nothing, neither here nor there.

    Where figures come as files, the two files named are read; a desk that is connected knows nothing of files.
    """
    if settings.CASHDESK_BILLING == "files":
        yield from _files(customers, invoices)
        return
    try:
        system = billing_system()
    except NotConnected as fault:
        yield Finding(Severity.STOPS, str(fault))
        return
    yield from system.check()
    yield from _mapping(system)


def _files(customers: Path | None, invoices: Path | None) -> Iterator[Finding]:
    """Yield what is known of the files, and what stands in those that are named."""
    if customers and invoices:
        yield from check_files(customers=customers, invoices=invoices)
    else:
        yield Finding(Severity.FINE, _("Customers and invoices come as files; there is nothing to connect to."))
    last = Import.objects.first()
    if last is None:
        yield Finding(Severity.WARNING, _("Nothing has been imported yet."))
    elif last.finished_at is None:
        yield Finding(
            Severity.WARNING, _("Import %(number)d was stopped on the way; run it again.") % {"number": last.number}
        )
    open_ones = Delivery.objects.filter(NOT_YET_THERE).exclude(state=Delivery.State.REFUSED).count()
    if open_ones:
        said = _("Parts of payments that no imported figures contain yet: %(count)d.")
        yield Finding(Severity.FINE, said % {"count": open_ones})


def _mapping(system: BillingSystem) -> Iterator[Finding]:
    """Yield what is not mapped; where the lists cannot be read, the connection's check has said so."""
    try:
        methods, partners = system.methods(), system.partners()
    except BillingUnavailable:
        methods, partners = None, None
    yield from _methods(methods)
    if partners is not None:
        yield from _partners(partners)


def _methods(remote: Sequence[RemoteName] | None) -> Iterator[Finding]:
    """Yield each active payment method of ours whose payments could not be delivered."""
    known = {name.external_id: name for name in remote or ()}
    for method in PaymentMethod.objects.filter(is_active=True):
        names = {"method": method.name, "id": method.external_id}
        if not method.external_id:
            said = _("The payment method “%(method)s” has no id of the billing system. Enter it, or switch it off.")
            yield Finding(Severity.STOPS, said % names)
        elif remote is not None and method.external_id not in known:
            said = _("The payment method “%(method)s” has the id %(id)s, which the billing system does not know.")
            yield Finding(Severity.STOPS, said % names)
        elif remote is not None and not known[method.external_id].is_active:
            said = _("The payment method “%(method)s” is switched off in the billing system.")
            yield Finding(Severity.WARNING, said % names)
        elif remote is not None:
            there = {"there": known[method.external_id].name}
            said = _("The payment method “%(method)s” is “%(there)s” there.")
            yield Finding(Severity.FINE, said % (names | there))


def _partners(remote: Sequence[RemoteName]) -> Iterator[Finding]:
    """Yield partners without a reseller: their customers come in, but no reseller's operator sees them."""
    resellers = dict(Reseller.objects.exclude(external_id="").values_list("external_id", "name"))
    for partner in remote:
        if partner.external_id not in resellers:
            said = _("The partner “%(partner)s” (%(id)s) is no reseller here; its customers come in without one.")
            yield Finding(Severity.WARNING, said % {"partner": partner.name, "id": partner.external_id})
    there = {partner.external_id for partner in remote}
    for external_id, name in sorted(resellers.items()):
        if external_id not in there:
            said = _("The reseller “%(reseller)s” has the id %(id)s, which no partner has.")
            yield Finding(Severity.WARNING, said % {"reseller": name, "id": external_id})
