"""What is typed to sign in, and to change the own password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate, password_validation
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from accounts.models import Operator
from cashdesk.forms.base import DeskForm


class PasswordBox(forms.PasswordInput):
    """A box for a password, with the words for a button that shows it (static/sign_in.js makes the button)."""

    def __init__(self, autocomplete: str) -> None:
        super().__init__({"autocomplete": autocomplete, "data-show": lazy("Show"), "data-hide": lazy("Hide")})


class SignInForm(DeskForm):
    """A login and a password; when it is valid, `operator` may use the desk."""

    username = forms.CharField(
        label=lazy("Login"),
        error_messages={"required": lazy("Enter your login")},
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=lazy("Password"),
        strip=False,
        error_messages={"required": lazy("Enter your password")},
        widget=PasswordBox("current-password"),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:  # Any: whatever Form takes
        super().__init__(*args, **kwargs)
        self.request = request
        self.operator: Operator | None = None
        for field in self.fields.values():
            field.validators = []  # a text that no login can be is refused in the same words as a wrong one
        if not self.is_bound:
            self.fields["username"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        """Find who this is; raises ValidationError in one and the same words for every reason."""
        if not self.errors:
            found = authenticate(self.request, **self.cleaned_data)
            if not isinstance(found, Operator) or not found.may_use_desk:
                raise ValidationError(_("Login or password is not right"), code="refused")
            self.operator = found
        return self.cleaned_data


class OwnPasswordForm(DeskForm):
    """The old password and the new one, which is typed once since it can be shown."""

    old_password = forms.CharField(
        label=lazy("Your password now"),
        strip=False,
        error_messages={"required": lazy("Enter the password you have now")},
        widget=PasswordBox("current-password"),
    )
    new_password = forms.CharField(
        label=lazy("New password"),
        strip=False,
        error_messages={"required": lazy("Enter a new password")},
        widget=PasswordBox("new-password"),
    )

    def __init__(self, operator: Operator, *args: Any, **kwargs: Any) -> None:  # Any: whatever Form takes
        super().__init__(*args, **kwargs)
        self.operator = operator
        self.fields["new_password"].help_text = " ".join(password_validation.password_validators_help_texts())

    def clean_old_password(self) -> str:
        """Return the old password; raises ValidationError when it is not the operator's."""
        old = str(self.cleaned_data["old_password"])
        if not self.operator.check_password(old):
            raise ValidationError(_("This is not your password"), code="wrong")
        return old

    def clean_new_password(self) -> str:
        """Return the new password; raises ValidationError with what is wrong with it."""
        new = str(self.cleaned_data["new_password"])
        password_validation.validate_password(new, self.operator)
        return new
