"""How search compares: ids, logins and numbers as one key, names as words; case, accents and script do not matter."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from anyascii import anyascii

KEY_LENGTH = 64
WHOLE = "="  # begins the key of a whole name, company or login; no word contains it
TYPED_LENGTH = 200
MOST_WORDS = 8
GROUP = re.compile(r"[a-z]+|[0-9]+")
LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
CARD_ADDRESS = re.compile(r"/i/(?P<number>[^/?#\s]+)/?(?:[?#]\S*)?\Z")


def clean(text: str) -> str:
    """Return what was typed without what no database stores (NUL, lone surrogates), cut to a sane length.

    An address from a printed code (…/i/INV-A1-000123) is read as the number at its end.
    """
    storable = text[: 4 * TYPED_LENGTH].encode("utf-8", "ignore").decode("utf-8").replace("\0", " ").strip()
    address = CARD_ADDRESS.search(storable)
    return (address["number"] if address else storable)[:TYPED_LENGTH]


def _plain(text: str) -> str:
    """Return the text in small Latin letters; it may still hold marks, and may be empty."""
    return anyascii(unicodedata.normalize("NFC", text)).lower()


def exact_key(text: str) -> str:
    """Return letters and digits only, digits without leading zeros: INV-2026-000123 is inv2026000123, 0042 is 42."""
    return _fit(LEADING_ZEROS.sub("", "".join(GROUP.findall(_plain(text)))))


def short_key(text: str) -> str:
    """Return the same with the zeros of every part dropped before joining: INV-2026-000123 is inv2026123."""
    return _fit("".join(LEADING_ZEROS.sub("", part) for part in GROUP.findall(_plain(text))))


def _fit(key: str) -> str:
    """Return the key, or what stands for one too long for its column: cut off, two would look like one exact hit."""
    return key if len(key) <= KEY_LENGTH else hashlib.sha256(key.encode()).hexdigest()


def typed_keys(text: str) -> set[str]:
    """Return what a stored key or short key must be one of, to be what was typed; empty for marks only."""
    return {exact_key(text), short_key(text)} - {""}


@lru_cache(maxsize=8192)
def _spelled(char: str) -> str:
    """Return a character that belongs to a word, nothing for an invisible one, a space for what parts words."""
    category = unicodedata.category(char)
    if category in ("Cf", "Cs", "Co", "Cn"):
        return ""
    return char if category[0] in "LMN" else " "


def _tokens(text: str) -> list[list[str]]:
    """Return for each word between spaces its pieces between marks: O'Brien is o and brien."""
    tokens = []
    for token in unicodedata.normalize("NFC", text).split():
        pieces = "".join(map(_spelled, token)).split()
        spelled = ["".join(GROUP.findall(_plain(piece))) for piece in pieces]
        tokens.append([piece for piece in spelled if piece])
    return [pieces for pieces in tokens if pieces]


def whole_key(text: str) -> str:
    """Return the key that a name, company or login has as a whole; empty when nothing of it can be spelled."""
    letters = "".join(piece for pieces in _tokens(text) for piece in pieces)
    return f"{WHOLE}{letters}"[:KEY_LENGTH] if letters else ""


def search_keys(texts: Iterable[str]) -> set[str]:
    """Return all keys under which a customer with this name, company and login is found."""
    keys = set()
    for text in texts:
        keys.add(whole_key(text))
        for pieces in _tokens(text):
            keys |= {piece[:KEY_LENGTH] for piece in [*pieces, "".join(pieces)]}
    return keys - {""}


def readings(text: str) -> list[tuple[str, ...]]:
    """Return the ways to read what was typed as words: o'brien is obrien, and also o and brien."""
    tokens = _tokens(text)
    joined = _needed("".join(pieces) for pieces in tokens)
    parted = _needed(piece for pieces in tokens for piece in pieces)
    return [reading for reading in dict.fromkeys([joined, parted]) if reading]


def _needed(typed: Iterable[str]) -> tuple[str, ...]:
    """Return the longest words, without those that another one begins with: whoever matches that matches them too."""
    kept: list[str] = []
    for word in sorted({word[:KEY_LENGTH] for word in typed}, key=lambda word: (-len(word), word)):
        if not any(longer.startswith(word) for longer in kept):
            kept.append(word)
    return tuple(kept[:MOST_WORDS])


def after(prefix: str) -> str:
    """Return the first key behind all that begin with this prefix, so that a prefix is a range of the index."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
