"""Who is let in: the authentication backend."""

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.models import Operator
from accounts.passwords import LONGEST_PASSWORD

LONGEST_LOGIN = 150


class DeskBackend(ModelBackend):
    """Logins are known in any case; whoever is switched off, or whose reseller is, is nobody at the next request."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: object
    ) -> Operator | None:
        """Return the operator for a login and a password, or None; every refusal costs the same one hash."""
        if not username or password is None:
            return None
        # One character more than any password can have: wrong, and no dearer to check than a right one.
        tried = storable(password[: LONGEST_PASSWORD + 1])
        operator = find_by_login(username)
        if operator is None:
            Operator().set_password(tried)
            return None
        return operator if operator.check_password(tried) and self.user_can_authenticate(operator) else None

    def user_can_authenticate(self, user) -> bool:  # type: ignore[no-untyped-def]  # the signature of ModelBackend
        """Return whether this person may be signed in anywhere at all."""
        return super().user_can_authenticate(user) and user.belongs_to_active_house

    def get_user(self, user_id: int) -> Operator | None:
        """Return the signed-in person with their reseller in one query, or None once switched off."""
        user = Operator.objects.select_related("reseller").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None


def find_by_login(typed: str) -> Operator | None:
    """Return the operator with this login, whatever its case; any text at all may be asked for."""
    login = Operator.normalize_username(storable(typed[: LONGEST_LOGIN + 1]).replace("\0", "?"))
    return Operator.objects.select_related("reseller").filter(username__iexact=login).first()


def storable(text: str) -> str:
    """Return the text with a question mark for each lone surrogate, which no database and no hash can take."""
    return text.encode("utf-8", "replace").decode("utf-8")
