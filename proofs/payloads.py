"""What nobody should send, and how it could be sent: texts for any field, and bodies that are no form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

Body = tuple[bytes, str]  # and its content type
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=----x"

INVISIBLE = [
    "\x00", "a\x00b", "\x01", "\x1b[31m", "\x7f", "\x85", "\r\n", "a\r\nSet-Cookie: a=b", "\t", "\u200b", "a\u200bb",
    "\u200d", "\u2060", "\ufeff", "\u202e321", "\u2066a\u2069", "\u00ad", "\u2028", "\u2029", "\u00a0", "\u3000",
    "\ufffe", "\uffff", "\U0010ffff", "\ud800", "a\udfffb", "\udc80",
]  # fmt: skip
SCRIPTS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "' onmouseover='alert(1)",
    "</textarea><b>", "javascript:alert(1)", "{{7*7}}", "{% debug %}", "{{ request.user.password }}", "{0.__class__}",
    "%(amount)s", "%s%s%s%n", "${7*7}", "#{7*7}", "<%= 7*7 %>", "`id`", "$(id)", "; ls", "| cat /etc/passwd",
    "<!--#exec cmd=\"ls\"-->", "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
]  # fmt: skip
QUERIES = [
    "'", "''", "\"", "\\", "%", "_", "*", "' OR '1'='1", "1' OR 1=1--", "1; DROP TABLE payments_payment;--",
    "' UNION SELECT password FROM accounts_operator--", "1) OR (1=1", "\\'; SELECT pg_sleep(5);--", "1 AND SLEEP(5)",
    "*)(uid=*))(|(uid=*", "{\"$gt\": \"\"}", "[$ne]", "%27", "0x27", "\\x27", "\\u0000", "%00", "%0d%0a", "..%2f..%2f",
    "../../etc/passwd", "file:///etc/passwd", "http://127.0.0.1:1/", "//evil.example/", "https://evil.example",
    "\\\\evil\\share", "/cashdesk/../admin/", "=1+1", "=HYPERLINK(\"http://x\")", "+1", "-1", "@SUM(1)",
]  # fmt: skip
NUMBERS = [
    "0", "-0", "-1", "1", "01", "+5", "1e5", "1E400", "NaN", "sNaN", "Infinity", "-Infinity", "0x10", "1_000", "1,5",
    "1.5", "1.005", "1.000", ".5", "5.", "0.00", "0.001", "50000", "50000.01", "99999999999", "999999999999",
    "2147483648", "9223372036854775807", "9223372036854775808", "18446744073709551616", "-9223372036854775809",
    "9" * 40, "1" + "0" * 400, "0" * 5000 + "1", "١٢٣", "１２３", "১২", "½", "Ⅻ", "²", "1 000", "1\u00a0000", "1 00",
    "12 €", "EUR 12", "$5", "true", "null", "None", "undefined", "[]", "{}",
]  # fmt: skip
DAYS = [
    "0000-00-00", "0001-01-01", "0000-01-01", "9999-12-31", "10000-01-01", "2026-02-29", "2024-02-29", "2026-02-30",
    "2026-13-01", "2026-1-1", "01/02/2026", "2026-W01-1", "20260101", "2026-11-23T10:00", "-2026-01-01", "today",
    "١٩٩٩-٠١-٠١",
]  # fmt: skip
KEYS = [
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "{12345678-1234-5678-1234-567812345678}", "urn:uuid:12345678-1234-5678-1234-567812345678",
    "12345678123456781234567812345678", "12345678-1234-5678-1234-56781234567", "g2345678-1234-5678-1234-567812345678",
]  # fmt: skip
LONG = [
    "", " ", "a" * 161, "é" * 161, "a" * 5000, "e" + "\u0301" * 2000, "😀" * 200, "👩‍👩‍👧‍👦" * 50, "﷽" * 100, "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢",
    "word " * 400, "a" * 200_000,
]  # fmt: skip
CHARSETS = (
    "utf-16", "utf-7", "latin-1", "unicode_escape", "raw_unicode_escape", "idna", "undefined", "hex", "zlib", "no-such",
)  # fmt: skip
KINDS = (
    "", "text/plain", "application/xml", MULTIPART, "multipart/form-data", "multipart/form-data; boundary=", "x" * 999,
)  # fmt: skip
TEXTS = list(dict.fromkeys([*INVISIBLE, *SCRIPTS, *QUERIES, *NUMBERS, *DAYS, *KEYS, *LONG]))


def form(fields: dict[str, str]) -> Body:
    """Return the fields as a browser sends them; a lone surrogate goes out as the bytes that no UTF-8 has."""
    return "&".join(f"{escaped(name)}={escaped(value)}" for name, value in fields.items()).encode(), FORM


def escaped(text: str) -> str:
    """Return a text for an address."""
    return quote(text, safe="", errors="surrogatepass")


def multipart(fields: dict[str, str], *, charset: str = "", file: str = "") -> Body:
    """Return the fields as a form with files; one of them as a file instead of a text."""
    lines = []
    for name, value in fields.items():
        named = f'; filename="{name}.txt"\r\nContent-Type: text/plain' if name == file else ""
        lines.append(f'------x\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n{value}\r\n')
    body = ("".join(lines) + "------x--\r\n").encode("utf-8", "surrogatepass")
    return body, f"{MULTIPART}; charset={charset}" if charset else MULTIPART


def bodies(fields: dict[str, str], name: str) -> Iterator[tuple[str, Body]]:
    """Yield bodies around one field, each with what it is called: doubled, nested, missing, a file, no form at all."""
    value, plain = fields.get(name, ""), form(fields)[0]
    without = {other: text for other, text in fields.items() if other != name}
    field = escaped(name)
    yield "missing", form(without)
    yield "twice the same", (plain + f"&{field}={escaped(value)}".encode(), FORM)
    yield "twice otherwise", (plain + f"&{field}=1".encode(), FORM)
    for nested in (f"{name}[]", f"{name}[0]", f"{name}[$gt]", f"{name}.pk", f"{name}__gt", f"{name}\x00"):
        yield f"as {nested!r}", form(without | {nested: value})
    for raw in (b"%", b"%zz", b"%00", b"%ff%fe", b"\xff\xfe", b"%ed%a0%80", b"%c0%80", b"+%20+", b"=", b"%u0041"):
        yield f"raw {raw!r}", (form(without)[0] + b"&" + field.encode() + b"=" + raw, FORM)
    yield "a file", multipart(fields, file=name)
    for charset in CHARSETS:
        yield f"a form with files in {charset}", multipart(fields | {name: "\\ud800+2AA-"}, charset=charset)
        yield f"a form in {charset}", (plain, f"{FORM}; charset={charset}")
    yield "JSON", (json.dumps(fields).encode(), "application/json")
    for kind in KINDS:
        yield f"as {kind[:40]!r}", (plain, kind)
    yield "cut off", (multipart(fields)[0][:-30], MULTIPART)
    yield "a megabyte", form(fields | {name: "a" * 2**20})
    yield "a file of a megabyte", multipart(fields | {name: "a" * 2**20}, file=name)
    yield "six hundred fields", (plain + b"&" + b"&".join(b"f%d=1" % n for n in range(600)), FORM)
    yield "fields nobody asked for", form(fields | {"operator": "1", "till": "1", "number": "7", "is_superuser": "on"})
