"""Verifying the books: reads everything, writes nothing, and names the first line that is not as it was written."""

from payments.verifying.books import Asked, verify_books
from payments.verifying.report import Fault, Report

__all__ = ["Asked", "Fault", "Report", "verify_books"]
