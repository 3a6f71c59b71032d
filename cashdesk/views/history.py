"""To be written."""
from django.http import HttpRequest, HttpResponse


def history(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse("history")


def history_csv(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse("history_csv")
