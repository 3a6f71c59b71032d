"""What an answer gives away, without what is different in each: for comparing two of them."""

import re

from django.http import HttpResponseBase

TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value=")[^"]+')


def body_of(answer: HttpResponseBase) -> bytes:
    """Return the page without the tokens that Django masks anew each time."""
    content = b"".join(answer) if answer.streaming else getattr(answer, "content", b"")
    return TOKEN.sub(rb"\1", bytes(content))


def given_away(answer: HttpResponseBase, *ids: object) -> tuple[int, str, bytes]:
    """Return status, headers and page of an answer with the ids asked for taken out."""
    headers = repr(sorted((name, value) for name, value in answer.items() if name != "Content-Length"))
    body = body_of(answer)
    for name in map(str, ids):
        headers, body = headers.replace(name, "ID"), body.replace(name.encode(), b"ID")
    return answer.status_code, headers, body
