"""Who gets in, and in which language."""


def desk_access(get_response):
    return get_response


def language(get_response):
    return get_response
