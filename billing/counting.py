"""Numbers that are given once: fetches and batches."""

from billing.models import Counter
from tills.locking import require_transaction


def draw(name: str) -> int:
    """Return the counter's next number; the counter, the last of all locks, stays locked until the transaction ends."""
    require_transaction("draw")
    counter = Counter.objects.select_for_update().get(name=name)
    counter.value += 1
    counter.save(update_fields=["value"])
    return counter.value
