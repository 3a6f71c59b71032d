"""To be written."""
from django.http import HttpRequest, HttpResponse


def till(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse("till")
