"""The environment every test run has, whatever the shell around it says.

pytest loads this first (`-p tests.environment`), since pytest-django reads the settings before any conftest.
As a script it runs one command in that environment: `python tests/environment.py mypy`.
"""

import os
import sys

OURS = {
    "DJANGO_SETTINGS_MODULE": "cashdesk.settings",
    "SECRET_KEY": "only-for-tests: no desk that takes money has this secret key",
    "CASHDESK_PROOF_KEY": "only-for-tests: no desk that takes money has this proof key",
    "CASHDESK_PLAIN_HTTP": "true",  # the test client and the browser speak plain HTTP to 127.0.0.1
    "CASHDESK_ENV_FILE": os.devnull,  # a developer's .env would change what the tests see
}
READ_BY_SETTINGS = (
    "SECRET_KEY",
    "SECRET_KEY_FILE",
    "DEBUG",
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "TIME_ZONE",
    "LANGUAGE_CODE",
    "EMAIL_URL",
    "DEFAULT_FROM_EMAIL",
)


def set_environment() -> None:
    """Take away every setting of the shell except DATABASE_URL, and put the tests' own in their place."""
    for name in [*os.environ]:
        if name in READ_BY_SETTINGS or name.startswith("CASHDESK_"):
            del os.environ[name]
    os.environ.update(OURS)


set_environment()

if __name__ == "__main__":
    os.execvp(sys.argv[1], sys.argv[1:])
