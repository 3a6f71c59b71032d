"""The demo's own settings file: keys made at random, for a clone that has none."""

import os
import secrets
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent


def settings_file() -> Path:
    """Return the file that the settings read."""
    return Path(os.environ.get("CASHDESK_ENV_FILE", BASE_DIR / ".env"))


def wanted() -> dict[str, str]:
    """Return what the demo needs, with new keys."""
    return {
        "SECRET_KEY": secrets.token_hex(32),
        "CASHDESK_PROOF_KEY": secrets.token_hex(32),
        "CASHDESK_PLAIN_HTTP": "true",
        "CASHDESK_PROVIDER_NAME": "Lumen Net",
        "CASHDESK_PROVIDER_ADDRESS": "12 Harbour Street, 1000 Riverton",
        "CASHDESK_PROVIDER_TAX_ID": "EU123456789",
        "CASHDESK_HELP": "Eva Malá, +420 123 456 789",
    }


def write_missing_keys() -> None:
    """Add to the settings file what neither it nor the environment has; what is there stays as it is."""
    path = settings_file()
    known = _names_in(path)
    missing = {
        name: value
        for name, value in wanted().items()
        if name not in known and not {name, f"{name}_FILE"} & set(os.environ)
    }
    if not missing:
        return
    path.touch(mode=0o600)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f'{name}="{value}"\n' for name, value in missing.items())


def _names_in(path: Path) -> set[str]:
    """Return the names that the settings file sets."""
    if not path.exists():
        return set()
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line.partition("=")[0].removeprefix("export ").strip() for line in lines if "=" in line}
