"""What every page's bar shows."""


def desk(request):
    return {}
