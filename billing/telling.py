"""What an import or a pull says about itself."""

from __future__ import annotations

from dataclasses import asdict

from django.utils.translation import gettext as _

from billing import pulling
from billing.importing import Run
from customers.figures import Changes


def tell_run(run: Run) -> str:
    """Return what an import has done, in a few lines."""
    lines = [
        _("Import %(number)d, contains batches up to %(batch)d.")
        % {"number": run.record.number, "batch": run.record.includes_batch},
        _counts(run.changes),
        _("Parts of payments now contained in the figures: %(count)d.") % {"count": run.reflected},
    ]
    if run.changes.newer:
        lines.append(
            _("Customers left alone, since a later fetch has written them: %(count)d.") % {"count": run.changes.newer}
        )
    return "\n".join(lines)


def tell_pull(run: pulling.Run) -> str:
    """Return what a pull has done, in a few lines."""
    lines = [
        _("Pull %(number)d, customers asked for: %(asked)d.") % {"number": run.number, "asked": run.asked},
        _counts(run.changes),
        _("Parts of payments now contained in the figures: %(count)d.") % {"count": run.reflected},
    ]
    if run.changes.left_alone:
        left = _("Customers left alone, since a payment of theirs is on its way: %(count)d.")
        lines.append(left % {"count": run.changes.left_alone})
    if run.unclear:
        first = next(iter(run.unclear.items()))
        unclear = _("Customers to be asked for again: %(count)d (first: %(id)s, %(reason)s).")
        lines.append(unclear % {"count": len(run.unclear), "id": first[0], "reason": first[1]})
    if run.unmapped:
        unmapped = _("Partners without a reseller, whose customers came in without one: %(partners)s.")
        lines.append(unmapped % {"partners": ", ".join(sorted(run.unmapped))})
    return "\n".join(lines)


def tell_preview(changes: Changes) -> str:
    """Return what an import would do, in a few lines."""
    return "\n".join([_("Dry run: nothing was written. The import would do this."), _counts(changes)])


def _counts(changes: Changes) -> str:
    customers = _(
        "Customers: %(created)d created, %(changed)d changed (of these back again: %(returned)d), "
        "%(unchanged)d unchanged, %(gone)d gone."
    )
    documents = _(
        "Documents: %(documents_created)d created, %(documents_changed)d changed, "
        "%(documents_unchanged)d unchanged, %(documents_closed)d closed."
    )
    return "\n".join([customers % asdict(changes), documents % asdict(changes)])
