"""The ground the other tests stand on: commits that are undone, a real server, a browser, a log without secrets."""

import threading

import httpx
import pytest
from django.db import connection
from playwright.sync_api import Page

from accounts.models import Reseller
from cashdesk import healthcheck
from tests.factories import ResellerFactory
from tests.server import Desk
from tills.models import PaymentMethod


@pytest.mark.parametrize("turn", [1, 2])
def test_a_committed_test_leaves_nothing_behind(turn: int, committed_db: None) -> None:
    assert not Reseller.objects.exists()
    assert PaymentMethod.objects.exists()  # what the migrations inserted is still there
    ResellerFactory.create()


def test_threads_see_what_each_other_committed(committed_db: None) -> None:
    def work() -> None:
        ResellerFactory.create()
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Reseller.objects.count() == 4


@pytest.mark.parametrize("turn", [1, 2])
def test_a_thread_that_kept_its_connection_does_no_harm(turn: int, committed_db: None) -> None:
    assert not Reseller.objects.exists()
    done, leave = threading.Event(), threading.Event()

    def work() -> None:
        ResellerFactory.create()
        done.set()
        leave.wait()

    threading.Thread(target=work, daemon=True).start()

    assert done.wait(10)
    assert Reseller.objects.count() == 1


@pytest.mark.postgres
def test_the_role_of_the_desk_is_no_superuser(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser'), current_setting('fsync')")
        assert cursor.fetchone() == ("off", "on")


@pytest.mark.sqlite
def test_sqlite_runs_from_a_file_with_a_log(db: None) -> None:
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_access_log_tells_one_line_and_no_secret(desk: Desk) -> None:
    agent = {"User-Agent": "told", "Referer": "http://127.0.0.1/told"}
    httpx.get(f"{desk.url}/r/told?q=told", headers=agent)
    httpx.get(f"{desk.url}/%D0%96%0d%0aforged%22line", headers=agent)
    desk.process.terminate()
    desk.process.wait()  # the last lines are written

    log = desk.log.read_text()

    assert '"GET /r/- HTTP/1.1"' in log
    assert '"GET /%D0%96%0D%0Aforged%22line HTTP/1.1"' in log
    assert "told" not in log


def test_a_browser_opens_the_desk(desk_server: str, page: Page) -> None:
    page.goto(f"{desk_server}/")

    assert page.url.startswith(f"{desk_server}/cashdesk/")


def test_the_container_asks_under_a_name_that_is_allowed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", str(httpx.URL(desk.url).port))
    assert healthcheck.main() == 0

    monkeypatch.setenv("ALLOWED_HOSTS", ".desk.example, 10.0.0.1")
    assert healthcheck.allowed_host() == "desk.example"

    desk.process.terminate()
    desk.process.wait()
    assert healthcheck.main() == 1
