"""The application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cashdesk.settings")

application = get_wsgi_application()

from cashdesk.readiness import refuse_to_start  # noqa: E402  # the apps are ready only now

refuse_to_start()
