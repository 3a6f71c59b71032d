"""Trying a connection step by step without changing anything over there, and saying what is missing in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from billing.connectors.protocol import BillingUnavailable, Finding, Severity
from billing.connectors.splynx.access import Access
from billing.connectors.splynx.customers import BILLING, CUSTOMERS, is_number
from billing.connectors.splynx.documents import PATHS
from billing.connectors.splynx.exchange import NotReached
from billing.connectors.splynx.payments import PAYMENTS
from billing.connectors.splynx.session import Permissions, Session, SignedIn

MOST_SKEW = timedelta(minutes=5)
SOME_SKEW = timedelta(seconds=30)
METHODS = "admin/finance/payment-methods"
PARTNERS = "admin/administration/partners"
TRANSACTIONS = "admin/finance/transactions"
LISTS = (CUSTOMERS, *PATHS.values(), PAYMENTS, TRANSACTIONS, METHODS, PARTNERS)
NO_REFERENCE = "cashdesk-check"  # no payment of ours is called so
NEEDED = {  # as far as the map names them; the names of controllers differ by version
    r"admin\customers\Customer": ("index", "view"),
    r"admin\customers\CustomerBilling": ("view",),
    r"admin\finance\Invoices": ("index", "view"),
    r"admin\finance\ProformaInvoices": ("index", "view"),
    r"admin\finance\Payments": ("index", "view", "add"),
    r"admin\finance\PaymentMethods": ("index",),
    r"admin\finance\Transactions": ("index",),
    r"admin\administration\Partners": ("index",),
}


def check(session: Session, access: Access) -> Iterator[Finding]:
    """Yield what was found, in the order in which it is tried; ends where nothing more can be tried."""
    try:
        signed_in = session.sign_in_anew()
    except NotReached as fault:
        yield Finding(Severity.STOPS, str(fault))
        return
    yield _fine(_("Splynx answers at %(address)s and accepts the API key.") % {"address": access.address})
    yield from _clock(signed_in)
    yield from _rights(signed_in.permissions, access)
    for path in LISTS:
        yield from _list(session, path)
    yield from _balance(session)
    yield from _filter(session)


def _clock(signed_in: SignedIn) -> Iterator[Finding]:
    """Yield how far the clocks are apart: pulls ask for what has changed since a time."""
    if signed_in.date is None:
        yield Finding(Severity.WARNING, _("Splynx does not tell its time; the clocks cannot be compared."))
        return
    skew = abs(timezone.now() - signed_in.date)
    said = _("The clocks of Splynx and of this machine are %(seconds)d seconds apart.") % {
        "seconds": skew.total_seconds()
    }
    severity = Severity.STOPS if skew > MOST_SKEW else Severity.WARNING if skew > SOME_SKEW else Severity.FINE
    yield Finding(severity, said)


def _rights(permissions: Permissions, access: Access) -> Iterator[Finding]:
    """Yield the rights that the key is told not to have; one that is not named is unknown, not refused."""
    unknown = []
    for controller, actions in NEEDED.items():
        rights = permissions.get(controller, {})
        deletes = controller.endswith("Payments") and access.undo == "delete"
        for action in (*actions, *(["delete"] if deletes else [])):
            if rights.get(action) == "deny":
                said = _("The API key lacks the right “%(action)s” on %(controller)s.")
                yield Finding(Severity.STOPS, said % {"action": action, "controller": controller})
            elif action not in rights:
                unknown.append(f"{controller} {action}")
    if unknown:
        yield _fine(_("Splynx does not tell whether the key may: %(rights)s.") % {"rights": ", ".join(unknown)})


def _list(session: Session, path: str) -> Iterator[Finding]:
    try:
        rows = session.rows(path, limit=1)
        total = session.total(path)
    except BillingUnavailable as fault:
        yield Finding(Severity.STOPS, _("%(path)s cannot be read: %(why)s") % {"path": path, "why": fault})
        return
    if not rows and path == CUSTOMERS:
        yield Finding(Severity.WARNING, _("The API key sees no customer. Look at its partner."))
    else:
        yield _fine(_("%(path)s: %(count)d rows.") % {"path": path, "count": total})


def _balance(session: Session) -> Iterator[Finding]:
    """Yield whether a balance can be read, of whichever customer comes first."""
    try:
        row = next(iter(session.rows(CUSTOMERS, limit=1)), None)
        external_id = str(row.get("id", "")) if row else ""
        if is_number(external_id):
            found = session.row(f"{BILLING}/{external_id}")
            if found is None or "deposit" not in found:
                raise BillingUnavailable(_("it holds no balance."))
    except BillingUnavailable as fault:
        yield Finding(Severity.STOPS, _("%(path)s cannot be read: %(why)s") % {"path": BILLING, "why": fault})


def _filter(session: Session) -> Iterator[Finding]:
    """Yield whether payments are found by reference: a part with an unknown outcome is looked up so."""
    try:
        rows = session.rows(PAYMENTS, main_attributes={"receipt_number": NO_REFERENCE}, limit=1)
    except BillingUnavailable:
        return  # said of the list already
    if rows:
        said = _("Splynx does not filter payments by receipt number; look-ups read all payments of the customer.")
        yield Finding(Severity.WARNING, said)


def _fine(text: str) -> Finding:
    return Finding(Severity.FINE, text)
