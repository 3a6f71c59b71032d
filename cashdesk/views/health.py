"""To be written."""
from django.http import HttpRequest, HttpResponse


def healthz(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse("healthz")


def readyz(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse("readyz")
