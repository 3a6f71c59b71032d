"""What all forms of the desk share (R25, R28)."""

from django import forms
from django.forms.renderers import TemplatesSetting


class DeskRenderer(TemplatesSetting):
    """Renders forms and fields with the desk's own templates."""

    field_template_name = "desk/_field.html"


class DeskForm(forms.Form):
    """A form without the browser's bubbles and without colons after labels."""

    use_required_attribute = False

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # whatever Form takes
