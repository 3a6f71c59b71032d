"""All that stands in the database, so that two states can be compared row by row and column by column."""

from __future__ import annotations

import json
from typing import Any

from django.apps import apps
from django.db.models import ForeignKey, Model

from tills.models import Transaction
from tills.proofs import digest

Row = dict[str, Any]  # Any: whatever a column holds
Contents = dict[type[Model], dict[Any, Row]]


def read_contents() -> Contents:
    """Return every row of every table by model and primary key."""
    return {
        model: {row[model._meta.pk.attname]: row for row in model._base_manager.values()}
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }


def difference(before: Contents, after: Contents) -> dict[str, Any]:
    """Return what was added, changed and removed, by table; the same for two runs that differ in drawn ids only.

    A counter that was drawn from in vain leaves a hole, so the id of a new row is replaced by its place among the new
    rows, wherever it stands; the digest of a new line by its place and whether it is right.
    """
    places = {
        (model, pk): f"new {model.__name__} {place}"
        for model, rows in after.items()
        for place, pk in enumerate(sorted(pk for pk in rows if pk not in before[model]), start=1)
    }
    lines = after[Transaction]
    digests = {lines[pk]["digest"]: place for (model, pk), place in places.items() if model is Transaction}
    found: dict[str, Any] = {}
    for model, rows in after.items():
        old = before[model]
        added = [_plain(model, row, places, digests) for pk, row in rows.items() if pk not in old]
        changed = [(pk, row) for pk, row in rows.items() if pk in old and old[pk] != row]
        removed = [row for pk, row in old.items() if pk not in rows]
        if added or changed or removed:
            found[model.__name__] = {"added": sorted(added, key=repr), "changed": changed, "removed": removed}
    return found


def _plain(model: type[Model], row: Row, places: dict[Any, str], digests: dict[str, str]) -> Row:
    """Return a new row without drawn ids."""
    plain = dict(row)
    for field in model._meta.concrete_fields:
        target = field.related_model if isinstance(field, ForeignKey) else model if field.primary_key else None
        place = places.get((target, row[field.attname]))
        if place is not None:
            plain[field.attname] = place
    if model is Transaction:
        plain["digest"] = digest(payload=row["payload"], previous=row["previous_digest"]) == row["digest"]
        plain["previous_digest"] = digests.get(row["previous_digest"], row["previous_digest"])
        signed = json.loads(row["payload"])
        signed["line"]["till"] = plain["till_id"] if signed["line"]["till"] == row["till_id"] else "another till"
        plain["payload"] = signed
    return plain
