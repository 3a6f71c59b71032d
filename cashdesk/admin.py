"""The admin site of the desk."""
from django.contrib import admin


class DeskAdminSite(admin.AdminSite):
    """Django admin."""
