"""What a proxy or a container asks: is the process alive, and may it get work."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cashdesk.readiness import unready


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process answers; asks the database nothing."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say with 200 that the desk may take money, or with 503 and one word why not."""
    word = unready()
    return HttpResponse(word or "ok", content_type="text/plain", status=503 if word else 200)
