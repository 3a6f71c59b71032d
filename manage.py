#!/usr/bin/env python
"""Run the project's commands: `manage.py help` lists them."""

import os
import sys


def main() -> None:
    """Run one command; the demo first makes the keys that the settings ask for."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cashdesk.settings")
    if sys.argv[1:2] in (["demo"], ["demo_splynx"]):
        from cashdesk.demo.keys import write_missing_keys

        write_missing_keys()
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        settings.SECRET_KEY  # noqa: B018  # reading one setting loads them all; Django hides the reason when they fail
    except ImproperlyConfigured as reason:
        sys.exit(f"manage.py: {reason}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
