"""docs/settings.md and the code name the same variables with the same defaults."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (?P<names>`[^|]+`) \| (?P<default>[^|]+) \|")
WITH_FILE = {"secret", "former_secrets", "credential"}
NONE = {"none", "must be set"}


def documented() -> dict[str, str]:
    """Return the default of every variable in the tables, as it is written there."""
    found: dict[str, str] = {}
    for line in (ROOT / "docs/settings.md").read_text(encoding="utf-8").splitlines():
        row = ROW.match(line)
        for name in re.findall(r"`([^`]+)`", row["names"]) if row else ():
            assert name not in found, f"{name} stands there twice"
            found[name] = row["default"].strip() if row else ""
    return found


def calls(path: str) -> list[ast.Call]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]


def text_of(node: ast.expr) -> str | None:
    """Return a default as the environment would hold it, None for one that is computed."""
    if not isinstance(node, ast.Constant | ast.List):
        return None
    value = ast.literal_eval(node)
    return ",".join(value) if isinstance(value, list) else str(value)


def read_by_settings() -> dict[str, str | None]:
    """Return every variable that the settings read, with its default where it is a plain one."""
    found: dict[str, str | None] = {}
    for call in calls("cashdesk/settings.py"):
        method = call.func
        assert isinstance(method, ast.Attribute)
        if not (isinstance(method.value, ast.Name) and method.value.id == "env"):
            continue
        name = ast.literal_eval(call.args[0])
        assert name not in found, f"{name} is read twice"
        given = [keyword.value for keyword in call.keywords if keyword.arg == "default"]
        default = given or (call.args[1:2] if method.attr == "one_of" else [])
        plain = {"switch": "false"}.get(method.attr, "")
        found[name] = text_of(default[0]) if default else plain
        if method.attr in WITH_FILE:
            found[f"{name}_FILE"] = plain
    return found


def read_by_the_server() -> dict[str, str | None]:
    """Return every variable that gunicorn's settings read, with its default."""
    found: dict[str, str | None] = {}
    for call in calls("cashdesk/gunicorn.py"):
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func) == "os.environ.get":
            found[ast.literal_eval(call.args[0])] = text_of(call.args[1])
    return found


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    read = read_by_settings() | read_by_the_server()
    assert "SECRET_KEY" in read
    assert "PORT" in read
    assert set(documented()) == set(read)


def test_the_documented_defaults_are_the_real_ones() -> None:
    read = read_by_settings() | read_by_the_server()
    for name, written in documented().items():
        real = read[name]
        if real is not None:
            assert ("" if written in NONE else written.strip("`")) == real, name


def test_only_the_two_secrets_must_be_set() -> None:
    required = {name for name, default in documented().items() if default == "must be set"}
    assert {name for name in required if not name.endswith("_FILE")} == {"SECRET_KEY", "CASHDESK_PROOF_KEY"}
