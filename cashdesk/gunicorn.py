"""How gunicorn serves the desk: `gunicorn --config cashdesk/gunicorn.py cashdesk.wsgi`."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gunicorn.glogging import Logger

# Loopback unless told otherwise: a proxy that speaks TLS stands in front (the container says 0.0.0.0).
bind = f"{os.environ.get('BIND_HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "4"))

timeout = 60
graceful_timeout = 30  # a payment under way is finished before a worker ends
keepalive = 5
max_requests = 10_000
max_requests_jitter = 1_000
MEMORY = "/dev/shm"  # noqa: S108 - gunicorn makes its file there with mkstemp
worker_tmp_dir = MEMORY if Path(MEMORY).is_dir() else None  # a heartbeat must not wait for a disk
control_socket_disable = True

# Whose X-Forwarded-* headers are believed.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")

# One line per request: no query string (what was searched for), no Referer, no user.
accesslog = "-"
errorlog = "-"
access_log_format = '%(h)s %(t)s "%(m)s %(U)s %(H)s" %(s)s %(B)s %(L)s'


class DeskLogger(Logger):
    """An access log that an address can neither break into two lines nor fill with secrets."""

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> Any:  # the type's name is private
        """Return what the log may say of a request: its path quoted again, without a receipt's token."""
        atoms = super().atoms(resp, req, environ, request_time)
        path = quote(str(atoms["U"]), safe="/:@!$&'()*+,;=~-._", errors="replace")
        atoms["U"] = re.sub(r"^/r/[^/]+", "/r/-", path)
        return atoms


logger_class = DeskLogger
