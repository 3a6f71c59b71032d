"""A password hasher for the tests only: one round, where the shipped one is slow on purpose."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """The shipped algorithm with one round; the real server can check what it made."""

    iterations = 1
