"""To be written."""
from django.http import HttpRequest, HttpResponse


def customer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse("customer")


def preview(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse("preview")
