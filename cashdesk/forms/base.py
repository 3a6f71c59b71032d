"""What all forms of the desk share (R25, R28, R30)."""

from __future__ import annotations

from typing import Any
from unicodedata import category

from django import forms
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.forms.renderers import TemplatesSetting
from django.http import QueryDict
from django.utils.translation import gettext as _

LARGEST_ID = 2**63 - 1


class DeskRenderer(TemplatesSetting):
    """Renders forms and fields with the desk's own templates."""

    field_template_name = "desk/_field.html"


class DeskForm(forms.Form):
    """A form without the browser's bubbles and without colons after labels."""

    use_required_attribute = False

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # whatever Form takes


class LineField(forms.CharField):
    """One line of text of at most `most` characters; a longer one is told, never cut by the browser (R30)."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:  # Any: whatever CharField takes
        super().__init__(**kwargs)
        self.most = most
        self.widget.attrs |= {"autocomplete": "off", "data-most": str(most)}

    def clean(self, value: Any) -> str:  # Any: Django's own signature
        """Return the text with its white space made single; raises ValidationError with what to do."""
        text = " ".join(str(super().clean(value)).split())
        if any(category(character) == "Cc" for character in text):
            raise ValidationError(_("Remove the character that cannot be printed"), code="unprintable")
        if len(text) > self.most:
            raise ValidationError(
                _("Shorten this to %(most)d characters. It has %(count)d") % {"most": self.most, "count": len(text)},
                code="too_long",
            )
        return text


class IdsField(forms.Field):
    """Any number of ids, each a whole number that fits the database; empty ones are skipped."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: list[str] | None) -> tuple[int, ...]:
        """Return the ids; raises ValidationError for anything else."""
        texts = [text for text in value or [] if text]
        if not all(text.isdecimal() and len(text) <= 19 and int(text) <= LARGEST_ID for text in texts):
            raise ValidationError(_("Choose the documents again"), code="ids")
        return tuple(int(text) for text in texts)


def refuse_unwritable(sent: QueryDict) -> None:
    """Raise SuspiciousOperation (400) for text with lone surrogates: no database and no page can write it."""
    for name, texts in sent.lists():
        for text in (name, *texts):
            try:
                str(text).encode()
            except UnicodeEncodeError as fault:
                raise SuspiciousOperation("text that cannot be written") from fault
