"""A shop at work: everything that honest people and machines do to the books, drawn by chance from a seed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, cast
from uuid import UUID

from django.contrib.auth.models import Permission

from accounts.models import Operator
from billing.delivering import deliver_next
from billing.exporting import commit_batch
from billing.looking_up import look_up_next
from customers.models import Customer
from payments.balances import open_documents
from payments.giving_up import give_up
from payments.models import Delivery, Payment, Reversal
from payments.moving import move_payment
from payments.printing import print_receipt
from payments.refusals import PaymentRefused
from payments.reversing import reverse_payment
from payments.taking import Order, take_payment
from proofs.drawers import Drawers
from proofs.elsewhere import Elsewhere, bring_files_in
from tests.factories import CustomerFactory, InvoiceFactory, OperatorFactory, ResellerFactory
from tills.holders import lock_till
from tills.locking import run_act
from tills.models import PaymentMethod, Till

if TYPE_CHECKING:
    from billing.connectors.protocol import BillingSystem

WORDS = ("October", "Škoda Žižkov", "=1+1", "شكرا", 'a "quoted" word', "e\u0301te\u0301", "")  # one not in NFC
PERMISSIONS = ("reverse_payment", "view_all_payments", "supervise_tills", "manage_deposits")


class Shop:
    """Operators, customers and documents; `work` lets people and machines do so many things."""

    def __init__(self, seed: int, *, cashiers: int = 4, customers: int = 24) -> None:
        self.chance = Random(seed)
        north = ResellerFactory.create(name="North", code="north")
        boss = OperatorFactory.create(username="boss")
        boss.user_permissions.set(Permission.objects.filter(codename__in=PERMISSIONS))
        self.boss = Operator.objects.get(pk=boss.pk)
        self.cashiers = [OperatorFactory.create(username=f"cashier{n}") for n in range(cashiers)]
        self.drawers = Drawers(self.chance, self.boss, self._key, self.pay_with)
        self.partners = [OperatorFactory.create(username=f"partner{n}", reseller=north) for n in range(2)]
        run_act(lambda: Till.objects.filter(pk=lock_till(self.partners[0]).pk).update(limit=None))
        self.customers = [self._new_customer(n, north.pk if n % 6 == 0 else None) for n in range(customers)]
        PaymentMethod.objects.update(external_id="1")
        self.elsewhere = Elsewhere(self.chance)

    def _new_customer(self, number: int, reseller_id: int | None) -> Customer:
        facts = {"external_id": f"c{number}", "login": f"login{number}", "name": f"Naïve Åström {number}"}
        customer: Customer = CustomerFactory.create(**facts, reseller_id=reseller_id, balance=Decimal(-60))
        for place in range(self.chance.randint(0, 3)):
            kind = "proforma" if self.chance.random() < 0.2 else "invoice"
            total = Decimal(self.chance.randint(100, 9000)).scaleb(-2) + Decimal("0.0049") * (place == 1)
            InvoiceFactory.create(customer=customer, number=f"{kind[0]}{number}/{place}", kind=kind, total=total)
        return customer

    def work(self, acts: int, *, live: bool = False) -> None:
        """Do so many things; `live` delivers to a billing system that answers, else batches and files go to and fro."""
        there, back = (self.deliver, self.look_up) if live else (self.export, self.bring_in)
        weights: dict[Callable[[], object], int] = {
            self.pay: 60, self.reverse: 10, self.move: 6, self.print: 12, self.give_up: 4, self.rename: 4,
            self.drawers.act: 40, there: 12 if live else 4, back: 6 if live else 2,
        }  # fmt: skip
        for act in self.chance.choices([*weights], weights=[*weights.values()], k=acts):
            with suppress(PaymentRefused):
                act()

    def pay(self) -> None:
        """Take a payment; now and then the operator chooses documents, or sends the form twice."""
        self.pay_with(self.chance.choice([*self.cashiers, *self.partners, *self.drawers.cashiers]))

    def pay_with(self, operator: Operator) -> None:
        """Take a payment from somebody whom this operator serves, if there is anybody left."""
        served = list(Customer.objects.visible_to(operator).filter(gone_at=None).order_by("pk"))
        if not served:
            return
        customer = self.chance.choice(served)
        documents = [document.invoice.pk for document in open_documents(customer, operator)]
        wanted = Order(
            key=self._key(),
            customer_id=customer.pk,
            amount=Decimal(self.chance.randint(1, 12000)).scaleb(-2),
            method_id=self._method().pk,
            reference=self.chance.choice(["R1", "slip 7", "VS 2026"]),
            comment=self.chance.choice(WORDS),
            invoices=tuple(documents[: self.chance.randint(0, 2)]),
        )
        for _sent in range(1 + (self.chance.random() < 0.1)):
            take_payment(operator=operator, order=wanted)

    def reverse(self) -> None:
        """Reverse a payment that stands."""
        for payment in self._payments(reversal=None):
            reason = self.chance.choice([*Reversal.Reason])
            reverse_payment(operator=self.boss, key=payment.key, reason=reason, comment="counted again")

    def move(self) -> None:
        """Move a payment that stands to another customer."""
        for payment in self._payments(reversal=None):
            other = self.chance.choice(self.customers)
            move_payment(operator=self.boss, key=payment.key, customer_id=other.pk, new_key=self._key())

    def print(self) -> None:
        """Print a receipt once more."""
        for payment in self._payments():
            print_receipt(operator=self.boss, key=payment.key)

    def give_up(self) -> None:
        """Give a form up; a late payment with it is refused."""
        operator, key = self.chance.choice(self.cashiers), self._key()
        give_up(operator=operator, key=key)
        order = Order(key=key, customer_id=self.customers[1].pk, amount=Decimal(5), method_id=self._method().pk)
        take_payment(operator=operator, order=order)

    def rename(self) -> None:
        """Change what an administrator may: the name of a method, the login and name of an operator, a till's limit."""
        mark = self.chance.randint(1, 999)
        method = self._method()
        PaymentMethod.objects.filter(pk=method.pk).update(name=f"{method.name.split('~')[0]}~{mark}", order=mark)
        renamed = Operator.objects.filter(pk=self.boss.pk)
        renamed.update(username=f"boss{mark}", name=f"The boss {mark}", is_active=True)
        Till.objects.filter(operator=self.cashiers[0]).update(limit=Decimal(100_000 + mark))

    def deliver(self) -> None:
        """Tell a billing system of the next parts; it takes them, refuses them, is busy, or does not answer."""
        Delivery.objects.filter(state=Delivery.State.WAITING).update(lease=None)  # the back-off is over
        for _step in range(5):
            deliver_next(cast("BillingSystem", self.elsewhere))

    def look_up(self) -> None:
        """Look for a part that was not answered about, as if its time had come."""
        Delivery.objects.filter(state=Delivery.State.UNKNOWN, lease__isnull=False).update(lease="2000-01-01T00:00:00Z")
        look_up_next(cast("BillingSystem", self.elsewhere))

    def export(self) -> None:
        """Put what waits into the next batch."""
        commit_batch()

    def bring_in(self) -> None:
        """Import files that contain some of the batches."""
        bring_files_in(self.chance)

    def _method(self) -> PaymentMethod:
        return self.chance.choice(PaymentMethod.objects.filter(is_active=True).order_by("pk"))

    def _key(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128), version=4)

    def _payments(self, **asked: object) -> list[Payment]:
        """Return one payment drawn by chance, or none."""
        return self.chance.sample(found := list(Payment.objects.filter(**asked).order_by("pk")), min(1, len(found)))
