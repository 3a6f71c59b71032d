"""Pages as PDF, where WeasyPrint is installed (the extra `pdf`); it reads nothing but what it is handed."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

OWN_PICTURE = "data:image/svg+xml"  # the QR code, which the page itself holds


@lru_cache(maxsize=1)
def weasyprint() -> ModuleType | None:
    """Return the library, or None where it or the libraries of the system that it needs are not there."""
    try:
        return import_module("weasyprint")
    except (ImportError, OSError):  # OSError: it is installed, and Pango is not
        return None


def pdf_of(page: str, sheet: str) -> bytes:
    """Return a page as PDF with the rules of this style sheet; raises RuntimeError without the library."""
    library = weasyprint()
    if library is None:
        raise RuntimeError("WeasyPrint is not installed")
    fetcher = _fetcher(library)
    styles = [library.CSS(string=sheet, url_fetcher=fetcher)]
    made: bytes = library.HTML(string=page, url_fetcher=fetcher).write_pdf(stylesheets=styles)
    return made


def _fetcher(library: ModuleType) -> Any:  # Any: a class of a library that may be missing
    """Return what opens no file and no address: a receipt must not be a way into the network behind the desk."""
    base: Any = import_module(f"{library.__name__}.urls").URLFetcher

    class OwnPicturesAlone(base):  # type: ignore[misc]  # its base is known only where it is installed
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if not url.startswith(OWN_PICTURE):
                raise ValueError("Nothing is fetched for a receipt.")
            return super().fetch(url, headers)

    return OwnPicturesAlone(allowed_protocols=["data"], allow_redirects=False)
