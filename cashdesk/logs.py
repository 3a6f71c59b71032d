"""What the desk's own log leaves out; the access log is gunicorn's (cashdesk/gunicorn.py)."""

import logging


def tells_no_token(record: logging.LogRecord) -> bool:
    """Return whether a record may be written: one about the open check of a receipt would hold the receipt's token."""
    request = getattr(record, "request", None)
    return not str(getattr(request, "path", "")).startswith("/r/")
