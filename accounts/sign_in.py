"""Who is let in: the authentication backend."""

from django.contrib.auth.backends import ModelBackend

from accounts.models import Operator


class DeskBackend(ModelBackend):
    """Logins are known in any case; whoever is switched off, or whose reseller is, is nobody at the next request."""

    def authenticate(  # type: ignore[no-untyped-def]  # the signature of ModelBackend
        self, request, username=None, password=None, **kwargs
    ) -> Operator | None:
        """Return the operator for a login and a password, or None; an unknown login costs the same hash."""
        if not username or password is None:
            return None
        found = Operator.objects.filter(username__iexact=username).only("username").first()
        user = super().authenticate(request, username=found.username if found else username, password=password)
        return user if isinstance(user, Operator) else None

    def user_can_authenticate(self, user) -> bool:  # type: ignore[no-untyped-def]  # the signature of ModelBackend
        """Return whether this person may be signed in anywhere at all."""
        return super().user_can_authenticate(user) and user.belongs_to_active_house

    def get_user(self, user_id: int) -> Operator | None:
        """Return the signed-in person with their reseller in one query, or None once switched off."""
        user = Operator.objects.select_related("reseller").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
