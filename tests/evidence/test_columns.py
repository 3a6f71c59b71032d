"""The list of what must be found is whole: a new table or column cannot be forgotten."""

from django.apps import apps

from proofs.tampering import NOT_EVIDENCE, NOT_EVIDENCE_IN, NOT_HERE, uncovered_tables
from tills import guard_rules


def test_every_append_only_table_is_tampered_with_or_named_with_a_reason() -> None:
    assert uncovered_tables() == set()
    assert set(NOT_HERE) <= set(guard_rules.APPEND_ONLY)


def test_every_column_that_is_left_out_exists_and_has_a_reason() -> None:
    for model, left_out in NOT_EVIDENCE.items():
        assert set(left_out) <= {field.name for field in model._meta.concrete_fields}
        assert all(left_out.values())
    for model, in_some_rows in NOT_EVIDENCE_IN.items():
        assert set(in_some_rows) <= {field.name for field in model._meta.concrete_fields}
        assert all(why for why, _holds in in_some_rows.values())


def test_no_money_table_of_payments_is_left_out() -> None:
    assert set(apps.get_app_config("payments").get_models()) <= set(NOT_EVIDENCE)


def test_of_the_tills_tables_only_those_are_left_out_that_an_administrator_may_change() -> None:
    left_out = set(apps.get_app_config("tills").get_models()) - set(NOT_EVIDENCE)
    assert {model.__name__ for model in left_out} == {"PaymentMethod", "Booking"}
