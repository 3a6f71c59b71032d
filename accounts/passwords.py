"""How long a password may be."""

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import ngettext

LONGEST_PASSWORD = 1024


class LongestPasswordValidator:
    """Refuses a password so long that checking it would be work for the server instead of for a burglar."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raise ValidationError for a password that could be set but never be signed in with."""
        if len(password) > LONGEST_PASSWORD:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        """Return what the person who chooses a password has to know."""
        return ngettext(
            "A password has at most %(count)d character.",
            "A password has at most %(count)d characters.",
            LONGEST_PASSWORD,
        ) % {"count": LONGEST_PASSWORD}
