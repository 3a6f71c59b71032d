"""The forms with which an administrator makes and changes operators and resellers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import UserChangeForm, UsernameField
from django.contrib.auth.models import Permission
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from accounts.models import Operator, Reseller
from accounts.powers import grantable

if TYPE_CHECKING:
    OperatorForm = forms.ModelForm[Operator]
    ResellerModelForm = forms.ModelForm[Reseller]
    ChangeForm = UserChangeForm[Operator]
    PermissionsField = forms.ModelMultipleChoiceField[Permission]
else:
    OperatorForm = ResellerModelForm = forms.ModelForm
    ChangeForm = UserChangeForm
    PermissionsField = forms.ModelMultipleChoiceField


class AddOperatorForm(OperatorForm):
    """One short form: login, name, first password, reseller, CashDesk."""

    password = forms.CharField(
        label=lazy("First password"),
        strip=False,
        # In plain sight, since it has to be told to the operator, who changes it after the first sign-in.
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        help_text=password_validators_help_text_html,
    )

    class Meta:
        model = Operator
        fields = ("username", "name", "password", "reseller", "cashdesk_access")
        field_classes = {"username": UsernameField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: whatever ModelForm takes
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Login")
        self.fields["name"].required = True
        self.fields["cashdesk_access"].initial = True

    def _post_clean(self) -> None:
        """Compare the password with the person's name, which only now stands in the instance."""
        super()._post_clean()  # type: ignore[misc]  # Django's own hook, as in its form for new users
        password = self.cleaned_data.get("password")
        if password:
            try:
                validate_password(password, self.instance)
            except ValidationError as fault:
                self.add_error("password", fault)

    def save(self, commit: bool = True) -> Operator:  # noqa: FBT001, FBT002  # the signature of ModelForm
        """Return the operator with the password as its hash."""
        self.instance.set_password(self.cleaned_data["password"])
        return super().save(commit)


class RightsField(PermissionsField):
    """Rights to tick, each in its own words."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Permission) -> str:
        """Return what the right allows."""
        return _(obj.name)


class ChangeOperatorForm(ChangeForm):
    """Everything about a person; only our own rights can be chosen."""

    user_permissions = RightsField(
        Permission.objects.none(),
        label=lazy("Rights"),
        required=False,
        help_text=lazy("To look things up: staff status as well."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: whatever ModelForm takes
        super().__init__(*args, **kwargs)
        if "user_permissions" in self.fields:
            self.fields["user_permissions"].queryset = grantable()  # type: ignore[attr-defined]  # it is a RightsField
        if "username" in self.fields:
            self.fields["username"].label = _("Login")
        if "language" in self.fields:
            languages = [("", _("As the browser asks")), *settings.LANGUAGES]
            self.fields["language"] = forms.ChoiceField(label=_("Language"), choices=languages, required=False)

    def clean_user_permissions(self) -> QuerySet[Permission]:
        """Return the chosen rights and those given elsewhere, which this form does not show and must not take away."""
        elsewhere = self.instance.user_permissions.exclude(pk__in=grantable().values("pk"))
        chosen: QuerySet[Permission] = self.cleaned_data["user_permissions"]
        return Permission.objects.filter(
            pk__in=[*chosen.values_list("pk", flat=True), *elsewhere.values_list("pk", flat=True)]
        )


class ResellerForm(ResellerModelForm):
    """A reseller; says in words what the database's rule would say by its name."""

    class Meta:
        model = Reseller
        fields = ("name", "code", "external_id", "is_active")

    def clean_external_id(self) -> str:
        """Return the id in the billing system; raises ValidationError when another reseller has it."""
        external_id = str(self.cleaned_data["external_id"])
        others = Reseller.objects.exclude(pk=self.instance.pk)
        if external_id and others.filter(external_id=external_id).exists():
            raise ValidationError(_("Another reseller has this id."), code="taken")
        return external_id
