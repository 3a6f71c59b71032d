"""The promises of the payment form over real HTTP, on PostgreSQL, against gunicorn with several workers."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from threading import Barrier

import httpx
import pytest
from django.db.models import Sum

from accounts.models import Operator
from customers.models import Customer
from payments.models import Allocation, Payment
from tests.counter import Counter
from tests.factories import CustomerFactory, InvoiceFactory, OperatorFactory
from tests.racing import drop_unique_key
from tests.server import environment, running_desk
from tills.models import Transaction

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("committed_db")]
D = Decimal
Server = Callable[..., AbstractContextManager[str]]


@pytest.fixture
def novak() -> Customer:
    """Owes one invoice of 60."""
    customer: Customer = CustomerFactory.create(balance=D("-60"))
    InvoiceFactory.create(customer=customer)
    return customer


@pytest.fixture
def server(static_files: None, tmp_path: Path) -> Server:
    """Return a way to start the desk with three workers, with all guards or without one."""

    @contextmanager
    def start(without: str = "") -> Iterator[str]:
        application = "tests.without_guards" if without else "cashdesk.wsgi"
        environ = environment(WEB_CONCURRENCY="3", WITHOUT=without)
        with running_desk(environ, tmp_path / "gunicorn.log", application) as desk:
            yield desk.url

    return start


def at_once(posts: list[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    """Send all at one moment and return the answers."""
    start = Barrier(len(posts))

    def send(post: Callable[[], httpx.Response]) -> httpx.Response:
        start.wait(timeout=30)
        return post()

    with ThreadPoolExecutor(len(posts)) as pool:
        return list(pool.map(send, posts))


def sixteen_desks(url: str, customer: Customer) -> list[httpx.Response]:
    """Let sixteen operators take 60 from one customer at one moment."""
    path = f"/cashdesk/customers/{customer.pk}/"
    operators: list[Operator] = OperatorFactory.create_batch(16)
    with ExitStack() as open_ones:
        counters = [open_ones.enter_context(Counter(url)).take_place(operator) for operator in operators]
        forms = [{**counter.form(path, "key"), "amount": "60.00"} for counter in counters]
        return at_once([partial(counter.post, path, form) for counter, form in zip(counters, forms, strict=True)])


def fifty_copies(url: str, customer: Customer) -> list[httpx.Response]:
    """Let one operator send one form fifty times at one moment."""
    path = f"/cashdesk/customers/{customer.pk}/"
    with ExitStack() as open_ones:
        counter = open_ones.enter_context(Counter(url)).take_place(OperatorFactory.create())
        form = counter.form(path, "key")
        copies = [open_ones.enter_context(counter.copy()) for _ in range(50)]
        return at_once([partial(copy.post, path, form) for copy in copies])


def allocated() -> Decimal:
    return Allocation.objects.exclude(invoice=None).aggregate(sum=Sum("amount"))["sum"] or D(0)


def test_fifty_copies_of_one_form_make_one_payment_and_fifty_ways_to_its_receipt(
    server: Server, novak: Customer
) -> None:
    with server() as url:
        answers = fifty_copies(url, novak)
    receipt = f"/cashdesk/payments/{Payment.objects.get().key}/"
    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {(303, receipt)}
    assert Transaction.objects.count() == 1
    assert allocated() == D(60)


def test_control_without_look_ups_and_unique_key_copies_take_the_money_again(server: Server, novak: Customer) -> None:
    drop_unique_key()
    with server(without="key") as url:
        fifty_copies(url, novak)
    assert Payment.objects.count() > 1


def test_sixteen_desks_never_over_allocate_one_invoice(server: Server, novak: Customer) -> None:
    with server() as url:
        answers = sixteen_desks(url, novak)
    assert {answer.status_code for answer in answers} <= {200, 303}  # 200: asked once more, the debt is paid by now
    taken = sum(answer.status_code == 303 for answer in answers)
    assert Payment.objects.count() == taken >= 1
    assert allocated() == D(60)


def test_control_without_the_customers_lock_the_invoice_is_paid_more_than_once(server: Server, novak: Customer) -> None:
    with server(without="lock") as url:
        sixteen_desks(url, novak)
    assert allocated() > D(60)
