"""Forms."""
from django.forms.renderers import TemplatesSetting


class DeskRenderer(TemplatesSetting):
    """Renders forms with the desk's own templates."""
