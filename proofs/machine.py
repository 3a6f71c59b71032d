"""The state machine: hypothesis draws what people do; desk and model do it, and must agree after every step."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import Q
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from accounts.models import Operator
from billing.exporting import commit_batch
from billing.models import Batch
from customers.models import Customer, Invoice
from payments.balances import open_documents, shown_balances
from payments.giving_up import give_up
from payments.models import Payment, Reversal
from payments.moving import move_payment
from payments.orders import Order
from payments.printing import print_receipt
from payments.refusals import PaymentRefused
from payments.reversing import reverse_payment
from payments.taking import take_payment
from proofs.model import CENT, Model, Till
from proofs.remote import Remote
from tests.factories import OperatorFactory, ResellerFactory
from tests.people import grant
from tills import holders, journal
from tills.locking import run_act
from tills.models import PaymentMethod
from tills.models import Till as TillRow

RIGHTS = ("payments.view_all_payments", "payments.reverse_payment")
TOTALS = (600_000, 100_000, 250_000, 100_050, 99, 123_456, 33_333)
METHODS = ("Cash", "Cheque", "Card")
person = st.integers(0, 4)
place = st.integers(0, 40)
maybe_old = st.one_of(st.none(), st.none(), st.none(), place)  # a new key, or one that was used before


class Disagreement(AssertionError):
    """Desk and model differ."""


class DeskAndModel(RuleBasedStateMachine):
    """People of the provider and of a reseller, their customers, and a billing system that is told in files."""

    worlds: ClassVar[int] = 0
    steps: ClassVar[int] = 0
    after_each: ClassVar[Callable[[], None]] = staticmethod(lambda: None)

    def __init__(self) -> None:
        super().__init__()
        type(self).worlds += 1
        self.mark = f"w{type(self).worlds}"
        self.house = f"{self.mark}n"
        reseller = ResellerFactory.create(code=self.house, name=self.house)
        self.people: dict[str, Operator] = {}
        for name, house in (("a", ""), ("b", ""), ("sup", ""), ("n", self.house), ("nsup", self.house)):
            made = OperatorFactory.create(username=self.mark + name, reseller=reseller if house else None)
            self.people[self.mark + name] = grant(made, *RIGHTS) if name.endswith("sup") else made
        houses = {name: self.house if person.reseller_id else "" for name, person in self.people.items()}
        tills = {name: Till(limit=None) for name, house in houses.items() if not house} | {self.house: Till(limit=0)}
        supervisors = {name for name in houses if name.endswith("sup")}
        self.model = Model(houses, supervisors, tills)
        commit_batch()  # what the world before left waiting
        self.model.batches = self.model.included = Batch.objects.count()
        self.remote = Remote(self.mark)
        self.remote.read = self.model.batches
        self.methods = {method.name: method for method in PaymentMethod.objects.filter(name__in=METHODS)}
        self.keys: list[UUID] = []

    @initialize(totals=st.lists(st.sampled_from(TOTALS), min_size=2, max_size=6))
    def begin(self, totals: list[int]) -> None:
        """Serve four customers, two of them the reseller's, and bill them."""
        for house in ("", "", self.house, self.house):
            self.remote.add_customer(house)
        for number, total in enumerate(totals):
            self.remote.bill(self._customer(number), total, is_proforma=number % 3 == 2)
        self.remote.import_into(self.model)
        for operator in (0, 3):
            self.pay(operator, operator - 1, "first due")
        self._agree(*self.model.customers)

    @invariant()
    def _count(self) -> None:
        type(self).steps += 1

    # --- What people do ----------------------------------------------------------------------------------------------

    @rule(who=person, whom=place, amount=st.sampled_from(["first due", "all dues", "all and more"]))
    def pay(self, who: int, whom: int, amount: str) -> None:
        """Take a payment as it is taken all day long."""
        customer = self._customer(whom)
        self._take(self._person(who), self._key(None), customer, "Cash", self._amount(customer, amount), [])

    @rule(
        who=person, whom=place, method=st.sampled_from(METHODS), chosen=st.sets(place, max_size=2), key=maybe_old,
        amount=st.one_of(
            st.sampled_from(["first due", "all dues", "all and more"]), st.integers(1, 9000),
            st.sampled_from([-1, 0, "odd"]),
        ),
    )  # fmt: skip
    def take(self, who: int, whom: int, method: str, chosen: set[int], key: int | None, amount: int | str) -> None:
        """Take a payment: new or with an old key, for chosen documents, from somebody who may be a stranger or gone."""
        operator, customer = self._person(who), self._customer(whom)
        numbers = [list(self.model.documents)[n] for n in chosen if n < len(self.model.documents)]
        self._take(operator, self._key(key), customer, method, self._amount(customer, amount), numbers)

    @rule(who=person, which=place)
    def take_again(self, who: int, which: int) -> None:
        """Send a form again that has been taken, by its operator or by another."""
        if payment := self._payment(which):
            self._take(self._person(who), payment.key, payment.customer, payment.method, payment.amount, [])
            self._take(payment.operator, payment.key, payment.customer, payment.method, payment.amount, [])

    def _take(self, operator: str, key: UUID, customer: str, method: str, amount: int, numbers: list[str]) -> None:
        wanted = Order(
            key=key,
            customer_id=self._row(customer).pk,
            amount=Decimal(amount).scaleb(-4),
            method_id=self.methods[method].pk,
            reference="7",
            invoices=tuple(Invoice.objects.filter(number__in=numbers).values_list("pk", flat=True)),
        )
        before = self.model.balance(customer)
        is_new = key not in self.model.payments
        expected = self.model.take(operator, key, customer, method, amount, numbers)
        self._compare(expected, lambda: take_payment(operator=self.people[operator], order=wanted))
        if is_new and key in self.model.payments:
            self._compare_payment(key, before)
        self._agree(customer)

    @rule(who=person, which=place)
    def reverse(self, who: int, which: int) -> None:
        """Reverse a payment."""
        if payment := self._payment(which):
            operator = self._person(who)
            expected = self.model.reverse(operator, payment.key)
            reason = Reversal.Reason.WRONG_AMOUNT
            act = partial(reverse_payment, operator=self.people[operator], key=payment.key, reason=reason)
            self._compare(expected, act)
            self._agree(payment.customer)

    @rule(who=person, which=place, whom=place, key=maybe_old)
    def move(self, who: int, which: int, whom: int, key: int | None) -> None:
        """Move a payment to another customer, and send the same form again."""
        if payment := self._payment(which):
            operator, customer, new_key = self._person(who), self._customer(whom), self._key(key)
            before = self.model.balance(customer)
            is_new = new_key not in self.model.payments
            for _sent in range(2):
                expected = self.model.move(operator, payment.key, customer, new_key)
                self._compare(
                    expected,
                    partial(
                        move_payment,
                        operator=self.people[operator],
                        key=payment.key,
                        customer_id=self._row(customer).pk,
                        new_key=new_key,
                    ),
                )
            if is_new and new_key in self.model.payments:
                self._compare_payment(new_key, before)
            self._agree(payment.customer, customer)

    @rule(who=person, key=maybe_old)
    def give_up(self, who: int, key: int | None) -> None:
        """Give a form up, of which a payment may be there already."""
        operator, drawn = self._person(who), self._key(key)
        found = give_up(operator=self.people[operator], key=drawn)
        if (found is not None) != self.model.give_up(operator, drawn):
            raise Disagreement(f"{operator} gave {drawn} up and got {found}")

    @rule(who=person, which=place)
    def print(self, who: int, which: int) -> None:
        """Print a receipt once more."""
        if payment := self._payment(which):
            operator = self._person(who)
            is_seen = self.model.sees_payment(operator, payment.key)
            payment.printed += is_seen
            printing = self._compare(
                set() if is_seen else {"DoesNotExist"},
                lambda: print_receipt(operator=self.people[operator], key=payment.key),
            )
            if is_seen and printing.number != payment.printed:
                raise Disagreement(f"printing {printing.number}, not {payment.printed}")

    @rule(who=person, limit=st.sampled_from([None, 0, 500_000, 2_000_000]))
    def set_limit(self, who: int, limit: int | None) -> None:
        """Give a till another limit."""
        name = self.model.till_of(self._person(who))
        till = run_act(lambda: holders.lock_till(self.people[self._person(who)]))
        TillRow.objects.filter(pk=till.pk).update(limit=None if limit is None else Decimal(limit).scaleb(-4))
        self.model.tills[name].limit = limit

    # --- What the billing system does --------------------------------------------------------------------------------

    @rule()
    def export(self) -> None:
        """Put what waits into a batch."""
        if (made := commit_batch()) != (expected := self.model.export()):
            raise Disagreement(f"batch {made}, not {expected}")

    @rule(
        behind=st.integers(0, 2), billed=st.lists(st.tuples(place, st.sampled_from(TOTALS), st.booleans()), max_size=2),
        received=st.none() | place, gone=st.none() | place, moved=st.none() | place,
    )  # fmt: skip
    def import_files(
        self,
        behind: int,
        billed: list[tuple[int, int, bool]],
        received: int | None,
        gone: int | None,
        moved: int | None,
    ) -> None:
        """Import files: with some batches missing, documents new and paid, customers gone, back and elsewhere."""
        self.remote.read_batches(self.model, max(self.remote.read, self.model.batches - behind))
        for whom, total, is_proforma in billed:
            self.remote.bill(self._customer(whom), total, is_proforma=is_proforma)
        if received is not None and received < len(self.remote.documents):
            self.remote.receive(list(self.remote.documents)[received])
        if gone is not None:
            self.remote.turn_away_or_back(self._customer(gone))
        if moved is not None:
            customer = self.remote.customers[self._customer(moved)]
            customer.house = "" if customer.house else self.house
        self.remote.import_into(self.model)
        self._agree(*self.model.customers)

    # --- How they are compared ---------------------------------------------------------------------------------------

    def _compare(self, expected: set[str], act: Callable[[], Any]) -> Any:
        """Do the act and return what it returns; it must be refused with one of the expected names, or not at all."""
        try:
            found = act()
        except (PaymentRefused, PermissionDenied, ObjectDoesNotExist) as refusal:
            if type(refusal).__name__ not in expected:
                raise Disagreement(f"refused as {refusal!r}, not {expected or 'at all'}") from refusal
            return None
        if expected:
            raise Disagreement(f"{found!r} was done and not refused as {expected}")
        return found

    def _compare_payment(self, key: UUID, before: int) -> None:
        """Compare a new payment's own figures."""
        expected, found = self.model.payments[key], Payment.objects.select_related("transaction__till").get(key=key)
        rows = found.allocations.order_by("pk").values_list("invoice__number", "amount")
        parts = [(number or "", int(amount.scaleb(4))) for number, amount in rows]
        shown = [found.customer_balance_before, found.customer_balance_after, found.transaction.balance_after]
        till = self.model.tills[expected.till]
        wanted = [before, before + expected.amount, till.balance]
        if (
            parts != [(part.document, part.amount) for part in expected.parts]
            or [int(a.scaleb(4)) for a in shown] != wanted
        ):
            raise Disagreement(f"{parts} {shown}, not {expected.parts} {wanted}")
        if found.transaction.number != till.lines:
            raise Disagreement(f"number {found.transaction.number}, not {till.lines}")

    def _agree(self, *names: str) -> None:
        """Compare what is shown of these customers, and every till."""
        rows = {row.external_id: row for row in Customer.objects.filter(external_id__in=names)}
        balances = shown_balances(rows.values())
        for name, row in rows.items():
            found = [
                (d.invoice.number, int(d.due.scaleb(4))) for d in open_documents(row, self.people[self._person(0)])
            ]
            expected = [(d.number, self.model.open_due(d.number)) for d in self.model.open_documents(name)]
            balance = int(balances[row.pk].scaleb(4))
            if found != expected or balance != self.model.balance(name):
                raise Disagreement(f"{name}: {balance} {found}, not {self.model.balance(name)} {expected}")
        self._agree_on_tills()

    def _agree_on_tills(self) -> None:
        ours = Q(operator__in=self.people.values()) | Q(reseller__code=self.house)
        for row in TillRow.objects.filter(ours).select_related("operator"):
            name = row.operator.username if row.operator else self.house
            till, head = self.model.tills[name], journal.head(row)
            found = (head.number, int(head.balance_after.scaleb(4))) if head else (0, 0)
            if found != (till.lines, till.balance):
                raise Disagreement(f"till {name}: {found}, not {(till.lines, till.balance)}")

    def teardown(self) -> None:
        """Compare everything once more, and let the run look at the books."""
        self._agree(*self.model.customers)
        type(self).after_each()

    # --- What the drawn numbers mean ---------------------------------------------------------------------------------

    def _person(self, who: int) -> str:
        return list(self.people)[who]

    def _customer(self, whom: int) -> str:
        return list(self.remote.customers)[whom % len(self.remote.customers)]

    def _row(self, customer: str) -> Customer:
        return Customer.objects.only("pk").get(external_id=customer)

    def _payment(self, which: int) -> Any:
        payments = list(self.model.payments.values())
        return payments[which % len(payments)] if payments else None

    def _key(self, old: int | None) -> UUID:
        if old is None or not self.keys:
            self.keys.append(UUID(int=type(self).worlds << 32 | len(self.keys)))
            return self.keys[-1]
        return self.keys[old % len(self.keys)]

    def _amount(self, customer: str, drawn: int | str) -> int:
        """Return ten-thousandths: a number of cents, or what would pay the customer's documents."""
        if isinstance(drawn, int):
            return drawn * CENT
        dues = [self.model.open_due(document.number) for document in self.model.open_documents(customer)] or [CENT]
        whole = {"first due": dues[0], "all dues": sum(dues), "all and more": sum(dues) + 5000, "odd": CENT + 1}[drawn]
        return whole if drawn == "odd" else -(-whole // CENT) * CENT
