"""One line of a till's journal that is no payment: what moved, before and after, by whom; it prints."""

from __future__ import annotations

import json

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from cashdesk.http import OperatorRequest
from payments.deposit_rows import holder_of
from payments.journal_rows import movements_for
from tills import blindness


@require_safe
def movement(request: OperatorRequest, pk: int) -> HttpResponse:
    """Show one movement: one's own till's, or any in scope that one's rights are about."""
    lines = movements_for(request.user).select_related("till__operator", "till__reseller", "operator", "shift")
    line = get_object_or_404(lines, pk=pk)
    details = json.loads(line.payload)["movement"]
    shown = {
        "line": line,
        "holder": holder_of(line.till) if line.till.operator_id or line.till.reseller_id else "",
        "details": details,
        "is_hidden": blindness.hides(request.user, line.till),
        "digest": line.digest[:10],
    }
    return render(request, "desk/movement.html", shown)
