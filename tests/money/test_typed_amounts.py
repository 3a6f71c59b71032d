"""The grammar of typed amounts (R36): what is accepted, as which amount, and that everything else is refused."""

import re
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from customers.money import AmountNotUnderstood, parse_amount

SPACES = (" ", "\u00a0", "\u202f", "\u2009")
WHOLE = ["1", "7", "10", "99", "100", "999", "1000", "1234", "50000", "999999", "01", "007", "12345678901"]
PARTS = ["", "0", "5", "00", "05", "50", "99"]

ACCEPTED = {f"{whole}{mark}{part}": f"{whole}.{part}" for whole in WHOLE for part in PARTS if part for mark in ".,"}
ACCEPTED |= {whole: whole for whole in [*WHOLE, "0"]}
ACCEPTED |= {f"1{space}234{tail}": f"1234{tail.replace(',', '.')}" for space in SPACES for tail in ("", ".5", ",50")}
ACCEPTED |= {f"12{space}345{space}678,90": "12345678.90" for space in SPACES}
ACCEPTED |= {f"{sign}{space}12,5": "12.5" for sign in ("€", "EUR", "eur") for space in ("", *SPACES)}
ACCEPTED |= {f"1 234.50{space}{sign}": "1234.50" for sign in ("€", "EUR") for space in ("", *SPACES)}
ACCEPTED |= {"١٢٣": "123", "１２３": "123", "１２,５": "12.5", "١٢.٥٠": "12.50", "1٢３": "123", "٠": "0"}

SIGNS = ["-5", "+5", "--5", "-0", "-0.00", "\u22125", "5-", "(5)", "±5", "5+", "+-5", "- 5"]
SCIENCE = ["1e5", "1E+2", "1e-2", "1E400", "0x10", "0b1", "0o7", "1_000", "NaN", "sNaN", "nan", "Infinity", "inf", "∞"]
MARKS = [
    ".5", ",5", "5.", "5,", ".", ",", "1..2", "1,,2", "1,2,3", "1.2.3", "1,234.50", "1.234,50", "1'234", "1’234.50",
    "1٫5", "1٬234", "1·5", "1;5", "1:5", "1/2", "½", "1．5", "1，5", "12 .5", "12. 5", "12 ,5",
]  # fmt: skip
DECIMALS = [
    "1.005", "0,004", "1.000", "1,000", "12.345", "1 234.567", "0.001", "1.0000", "9,99999", "100.001", "1,500",
    "0.000",
]  # fmt: skip
GROUPS = [
    "1 23",
    "12 34",
    "1 2345",
    "1234 567",
    "1  234",
    "1 234 5",
    " 1 234",
    "1 234 ",
    "1\t234",
    "1\u2003234",
    "1 2 3",
]
ENDS = ["", " ", "  ", "\t", "\n", "1\n", "\n1", "1\r\n", "1 ", " 1", "\u00a05", "5\u00a0", "1\x00", "\x001", "1\u200b"]
WORDS = [
    "abc",
    "five",
    "1a",
    "a1",
    "1 EURO",
    "EURO 1",
    "$5",
    "5 $",
    "£1",
    "1%",
    "#1",
    "=1+1",
    "@1",
    "1;DROP",
    "✓",
    "💶5",
]
ENDLESS = ["EUR", "€", "€€5", "€5€", "EUR EUR 5", "5 € €", "EUR  5", "€\t5", "€-5", "-€5", "E UR5"]
SCRIPTS = ["১২", "१२", "๑๒", "Ⅻ", "①", "²", "五", "১", "۵", "𝟓", "1२"]
JOKES = [
    '{"$gt":0}',
    "[]",
    "null",
    "None",
    "true",
    "{{7*7}}",
    "${1}",
    "<b>1</b>",
    "'1'",
    '"1"',
    "1--",
    "\u202e5",
    "\ufeff5",
]
LONG = [
    "1" * 12,
    "0" * 5000 + "1",
    "9" * 100_000,
    "1" * 11 + " 111",
    "123 456 789 012",
    "000000000001",
    "8594000123456",
]
WHOLE_SENTENCES = [
    "5 euros",
    "about 5",
    "5 or 6",
    "5,-",
    "5.-",
    "1 234,50 - 5",
    "5x",
    "x5",
    "5*2",
    "2+3",
    "\ud800",
    "5\ud800",
]
REFUSED = [
    *SIGNS, *SCIENCE, *MARKS, *DECIMALS, *GROUPS, *ENDS, *WORDS, *ENDLESS, *SCRIPTS, *JOKES, *LONG, *WHOLE_SENTENCES,
]  # fmt: skip


def test_the_table_has_at_least_three_hundred_rows() -> None:
    assert len(ACCEPTED) + len(set(REFUSED)) >= 300


@pytest.mark.parametrize(("typed", "amount"), ACCEPTED.items())
def test_accepted_as_exactly_what_it_shows(typed: str, amount: str) -> None:
    assert parse_amount(typed) == Decimal(amount)


@pytest.mark.parametrize("typed", REFUSED, ids=ascii)
def test_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(AmountNotUnderstood, match=r"^(Enter|Write|This)"):
        parse_amount(typed)


@pytest.mark.parametrize("typed", ["1.000", "1,000"])
def test_a_thousand_or_one_is_asked_back(typed: str) -> None:
    with pytest.raises(AmountNotUnderstood, match=r"^Write 1000 or 1\.00$"):
        parse_amount(typed)


@pytest.mark.parametrize(
    ("currency", "typed", "amount"),
    [
        ("JPY", "1000", "1000"), ("JPY", "¥1 000", "1000"), ("KWD", "1.000", "1"), ("KWD", "0,005", "0.005"),
        ("CZK", "1 234,50 Kč", "1234.50"), ("CZK", "CZK 5", "5"), ("PLN", "5 zł", "5"), ("UAH", "5₴", "5"),
        ("BRL", "R$ 5,00", "5"), ("USD", "$5", "5"),
    ],
)  # fmt: skip
def test_other_currencies_have_their_own_signs_and_decimals(
    settings: Settings, currency: str, typed: str, amount: str
) -> None:
    settings.CASHDESK_CURRENCY = currency
    assert parse_amount(typed) == Decimal(amount)


@pytest.mark.parametrize(("currency", "typed"), [("JPY", "1.0"), ("JPY", "1.000"), ("KWD", "1.0000"), ("USD", "5 €")])
def test_other_currencies_refuse_what_is_not_theirs(settings: Settings, currency: str, typed: str) -> None:
    settings.CASHDESK_CURRENCY = currency
    with pytest.raises(AmountNotUnderstood):
        parse_amount(typed)


def by_the_rule(typed: str) -> Decimal | None:
    """Decide with a second, slower reading of R36, written on its own: the amount, or None for refused."""
    for sign in ("EUR", "€"):
        if typed.upper().startswith(sign):
            typed = typed[len(sign) :]
            typed = typed[1:] if typed[:1] in SPACES else typed
            break
        if typed.upper().endswith(sign):
            typed = typed[: -len(sign)]
            typed = typed[:-1] if typed[-1:] in SPACES else typed
            break
    whole, mark, part = typed.replace(",", ".").partition(".")
    groups = re.split(f"[{''.join(SPACES)}]", whole)
    well_formed = len(groups) == 1 or (len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:]))
    digits = "".join(groups)
    if not well_formed or not all(groups) or bool(mark) != bool(part) or len(part) > 2 or len(digits) > 11:
        return None
    if any(not (c in "0123456789" or "\u0660" <= c <= "\u0669" or "\uff10" <= c <= "\uff19") for c in digits + part):
        return None
    return Decimal(
        "".join(str(unicodedata.digit(c)) for c in digits)
        + "."
        + ("".join(str(unicodedata.digit(c)) for c in part) or "0")
    )


near_amounts = st.text(alphabet="0123456789.,  \u00a0\u202f\u2009\u2003€EURe+-_'１٢১\u200b\n", max_size=14)
amounts_with_signs = st.builds(
    "{}{}{}".format, st.sampled_from(["", "€", "EUR ", "-", " "]),
    st.from_regex(r"\A[0-9]{1,4}([ \u00a0][0-9]{3}){0,2}([.,][0-9]{0,3})?\Z"),
    st.sampled_from(["", " €", "EUR", " ", "%"]),
)  # fmt: skip


@settings(max_examples=1500)
@given(st.one_of(near_amounts, amounts_with_signs, st.text(max_size=20)))
def test_the_accepted_set_is_the_grammar(typed: str) -> None:
    try:
        found: Decimal | None = parse_amount(typed)
    except AmountNotUnderstood:
        found = None
    assert found == by_the_rule(typed)
