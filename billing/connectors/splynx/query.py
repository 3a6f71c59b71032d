"""Filters as PHP reads them: main_attributes[login]=x, main_attributes[id][0]=IN&main_attributes[id][1][0]=7."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

Nested: TypeAlias = "str | int | Mapping[str, Nested] | Sequence[Nested]"
Pairs: TypeAlias = tuple[tuple[str, str], ...]


def php_query(values: Mapping[str, Nested]) -> Pairs:
    """Return the pairs of a query string; a list's places are its keys."""
    return tuple(pair for name, value in values.items() for pair in _pairs(name, value))


def _pairs(name: str, value: Nested) -> Iterator[tuple[str, str]]:
    if isinstance(value, str | int):
        yield name, str(value)
        return
    parts = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, part in parts:
        yield from _pairs(f"{name}[{key}]", part)
