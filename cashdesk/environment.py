"""Reads the environment strictly: a secret is there or the desk does not start, a switch is on or off."""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

ON = {"1", "on", "true", "yes"}
OFF = {"", "0", "off", "false", "no"}


class DeskEnv(environ.Env):
    """django-environ with secrets from files and switches that refuse a typing error."""

    def secret(self, name: str) -> str:
        """Return NAME, or the text of the file NAME_FILE.

        Raises ImproperlyConfigured when neither is set or the text has fewer than 32 characters.
        """
        value = str(self.str(name, default=""))
        path = str(self.str(f"{name}_FILE", default=""))
        if not value and path:
            value = Path(path).read_text(encoding="utf-8").strip()
        if len(value) < 32:
            raise ImproperlyConfigured(f"Set {name} (or {name}_FILE) to a secret text of at least 32 characters.")
        return value

    def former_secrets(self, name: str) -> tuple[str, ...]:
        """Return the texts in NAME (separated by commas) or else in the file NAME_FILE (one in a line), oldest first.

        Raises ImproperlyConfigured when one of them has fewer than 32 characters.
        """
        value = str(self.str(name, default=""))
        path = str(self.str(f"{name}_FILE", default=""))
        texts = value.split(",") if value or not path else Path(path).read_text(encoding="utf-8").splitlines()
        found = tuple(text.strip() for text in texts if text.strip())
        if any(len(text) < 32 for text in found):
            raise ImproperlyConfigured(f"Every key in {name} (or {name}_FILE) has at least 32 characters.")
        return found

    def switch(self, name: str) -> bool:
        """Return whether NAME is on; off when it is not set.

        Raises ImproperlyConfigured for a text that is neither (env.bool reads "Ture" as False).
        """
        value = str(self.str(name, default="")).strip().lower()
        if value in ON | OFF:
            return value in ON
        raise ImproperlyConfigured(f"{name} is {value!r}. Write true or false.")

    def credential(self, name: str) -> str:
        """Return NAME, or the text of the file NAME_FILE: a secret somebody else chose the length of, may be empty."""
        path = str(self.str(f"{name}_FILE", default=""))
        return str(self.str(name, default="")) or (Path(path).read_text(encoding="utf-8").strip() if path else "")

    def one_of(self, name: str, usual: str, *others: str) -> str:
        """Return NAME, which is one of these words; the usual one when it is not set.

        Raises ImproperlyConfigured for any other word.
        """
        value = str(self.str(name, default="")) or usual
        if value not in (usual, *others):
            raise ImproperlyConfigured(f"{name} is {value!r}. Write {' or '.join((usual, *others))}.")
        return value
