"""What was paid, in which parts, what undid it, and what the billing system must still be told."""

from payments.models.delivery import Delivery
from payments.models.payment import Allocation, Payment
from payments.models.reversal import GivenUpKey, Printing, Reversal

__all__ = ["Allocation", "Delivery", "GivenUpKey", "Payment", "Printing", "Reversal"]
