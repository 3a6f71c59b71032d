"""To be written."""
from django.http import HttpRequest, HttpResponse


def receipt(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse("receipt")
