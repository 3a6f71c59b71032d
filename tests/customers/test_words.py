"""How typed and stored texts are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers import words


@pytest.mark.parametrize(
    ("text", "key", "short"),
    [
        ("INV-2026-000123", "inv2026000123", "inv2026123"),
        ("inv 2026/000123", "inv2026000123", "inv2026123"),
        ("000001", "1", "1"),
        ("0", "0", "0"),
        ("000", "0", "0"),
        ("A-007", "a7", "a7"),
        ("INV-A1-000123", "inva1000123", "inva1123"),
        ("2026/000123", "2026000123", "2026123"),
        ("Jan.Novák", "jannovak", "jannovak"),
        ("ЧЕК-05", "chek5", "chek5"),
        ("---", "", ""),
        ("", "", ""),
        ("\ue000", "", ""),
    ],
)
def test_a_number_has_one_key_however_it_is_written(text: str, key: str, short: str) -> None:
    assert (words.exact_key(text), words.short_key(text)) == (key, short)


@pytest.mark.parametrize(
    ("stored", "typed", "same"),
    [
        ("INV-2026-000123", "INV2026000123", True),
        ("INV-2026-000123", "inv 2026 123", True),
        ("INV-2026-000123", "inv2026123", True),
        ("INV2026123", "INV-2026-000123", True),
        ("000001", "1", True),
        ("1", "0001", True),
        ("INV-2026-000123", "INV-2026-000124", False),
        ("INV-2026-000123", "2026-000123", False),
        ("10", "100", False),
        ("100", "1", False),
    ],
)
def test_marks_and_leading_zeros_do_not_matter(stored: str, typed: str, same: bool) -> None:  # noqa: FBT001
    assert bool({words.exact_key(stored), words.short_key(stored)} & words.typed_keys(typed)) == same


def test_a_key_too_long_for_its_column_stays_one_of_a_kind() -> None:
    long = "7" * 100
    assert len(words.exact_key(long)) == words.KEY_LENGTH
    assert words.exact_key(long) != words.exact_key(long + "7")


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Séamus O'Brien", {"seamus", "obrien", "o", "brien", "=seamusobrien"}),
        ("O’Brien", {"obrien", "o", "brien", "=obrien"}),
        ("Acme s.r.o.", {"acme", "sro", "s", "r", "o", "=acmesro"}),
        ("Шевченко", {"shevchenko", "=shevchenko"}),
        ("Мельник", {"melnik", "=melnik"}),
        ("Strauß-Ångström", {"straussangstrom", "strauss", "angstrom", "=straussangstrom"}),
        ("Jose\u0301", {"jose", "=jose"}),
        ("हिन्दी", {"hindi", "=hindi"}),
        ("Ｆｕｌｌ\u3000ｗｉｄｔｈ", {"full", "width", "=fullwidth"}),
        ("zero\u200bwidth", {"zerowidth", "=zerowidth"}),
        ("😀", set()),
        ("", set()),
    ],
)
def test_a_name_is_found_by_its_words_its_pieces_and_as_a_whole(text: str, keys: set[str]) -> None:
    assert words.search_keys([text]) == keys


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("jan novak", [("novak", "jan")]),
        ("o'brien", [("obrien",), ("brien", "o")]),
        ("j jan", [("jan",)]),
        ("...", []),
    ],
)
def test_typed_marks_are_read_both_ways(text: str, readings: list[tuple[str, ...]]) -> None:
    assert words.readings(text) == readings


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("https://desk.example/i/INV-A1-000123", "INV-A1-000123"),
        ("desk.example/i/INV-A1-000123/?x=1#y", "INV-A1-000123"),
        ("  INV-1 ", "INV-1"),
        ("2026/i", "2026/i"),
        ("a\0b", "a b"),
        ("\ud800x", "x"),
    ],
)
def test_a_pasted_address_is_read_as_its_number(typed: str, read: str) -> None:
    assert words.clean(typed) == read


@given(st.text(st.characters(), max_size=300))
def test_no_text_breaks_the_words_and_no_prefix_is_outside_its_range(text: str) -> None:
    typed = words.clean(text)
    typed.encode()
    assert len(typed) <= words.TYPED_LENGTH
    for key in words.search_keys([typed]) | words.typed_keys(typed):
        assert 0 < len(key) <= words.KEY_LENGTH
        assert key.isascii()
        assert key[:3] <= key < words.after(key[:3])
    for reading in words.readings(typed):
        assert len(reading) <= words.MOST_WORDS
