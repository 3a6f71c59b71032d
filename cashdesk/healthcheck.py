"""Asks the desk in this container whether it is healthy: `python -m cashdesk.healthcheck`."""

import os
import sys
from contextlib import closing
from http.client import HTTPConnection, HTTPException


def main() -> int:
    """Return 0 when /healthz answers 200 within four seconds, else 1."""
    with closing(HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=4)) as connection:
        try:
            connection.request("GET", "/healthz", headers={"Host": allowed_host()})
            return int(connection.getresponse().status != 200)
        except (OSError, HTTPException):
            return 1


def allowed_host() -> str:
    """Return a name under which the desk answers; it refuses every other one, its own address included."""
    first = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".")
    return "127.0.0.1" if first in ("", "*") else first


if __name__ == "__main__":
    sys.exit(main())
