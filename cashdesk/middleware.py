"""Who gets in, in which language, and what every answer has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import translation

from cashdesk import doors
from cashdesk.readiness import may_work
from cashdesk.views import failures

ASKED_BY_MACHINES = {"healthz", "readyz"}
Handler = Callable[[HttpRequest], HttpResponseBase]


def own_answers(get_response: Handler) -> Handler:
    """Give refusals that come without a page the desk's own, and let no browser keep what it was shown."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        refuse_unreadable(request)
        response = get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not getattr(response, "content", b"?"):
            allow = response["Allow"]
            response = failures.method_not_allowed(request)
            response["Allow"] = allow
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def refuse_unreadable(request: HttpRequest) -> None:
    """Raise for a body announced as too long, or in another encoding than the desk's own pages send.

    Django does not count files into its limit, and UTF-7 can spell lone surrogates, which no database and no page can
    hold.
    """
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if announced.isdecimal() and int(announced) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise RequestDataTooBig("Content-Length is above DATA_UPLOAD_MAX_MEMORY_SIZE.")
    if (request.encoding or "utf-8").lower() not in {"utf-8", "utf8"}:
        request.encoding = "utf-8"  # the refusal's page reads the form, and codecs like "hex" read no text at all
        raise BadRequest("The body is not UTF-8.")


def ready_desk(get_response: Handler) -> Handler:
    """Let nobody work on a database that did not answer at the start, before it has been looked at."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if doors.route_of(request) in ASKED_BY_MACHINES or may_work():
            return get_response(request)
        return failures.down(request)

    return middleware


def desk_access(get_response: Handler) -> Handler:
    """Let in whoever may be here; everything but the open routes is behind sign-in."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        return doors.turn_away(request) or get_response(request)

    return middleware


def language(get_response: Handler) -> Handler:
    """Speak the operator's language, else the one the browser asked for, else the installation's."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        code = language_of(request)
        with translation.override(code):
            response = get_response(request)
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = speaking(code, iter(response))
        response.headers.setdefault("Content-Language", code)
        return response

    return middleware


def language_of(request: HttpRequest) -> str:
    """Return the language of this answer, always one of LANGUAGES; an open route asks for nobody's."""
    own = "" if doors.is_open(request) else getattr(request.user, "language", "")
    return own if own in dict(settings.LANGUAGES) else translation.get_language_from_request(request)


def speaking(code: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces of a streamed answer, which are made after the middleware has ended, in its language."""
    with translation.override(code):
        yield from pieces
