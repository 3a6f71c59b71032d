"""To be written."""
from django.http import HttpRequest, HttpResponse


def sign_in(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse("sign_in")


def sign_out(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse("sign_out")


def password(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse("password")
