"""What can move in a till, and what it does to the balance and to the cash in the drawer."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What moved."""

    PAYMENT = "payment", _("Payment")
    REVERSAL = "reversal", _("Reversal")
    DEPOSIT = "deposit", _("Deposit created")
    REFILL = "refill", _("Deposit refilled")
    WITHDRAWAL = "withdrawal", _("Withdrawn from the deposit")
    CLOSING = "closing", _("Deposit closed")
    FLOAT = "float", _("Float received")
    FLOAT_GIVEN = "float_given", _("Float issued")
    PAY_IN = "pay_in", _("Pay-in")
    PAY_OUT = "pay_out", _("Pay-out")
    DROP = "drop", _("Cash to the safe")
    DROP_TAKEN = "drop_taken", _("Cash from a till")
    OVER = "over", _("Over")
    SHORT = "short", _("Short")
    WRITE_OFF = "write_off", _("Short written off")


# By how many times its amount a line moves the balance and the cash in the drawer. A payment's method decides, and a
# reversal does the opposite of its payment: they stand in no table.
EFFECTS: dict[Kind, tuple[int, int]] = {
    Kind.DEPOSIT: (1, 0),
    Kind.REFILL: (1, 0),
    Kind.WITHDRAWAL: (-1, 0),
    Kind.CLOSING: (-1, 0),
    Kind.FLOAT: (-1, 1),
    Kind.FLOAT_GIVEN: (1, -1),
    Kind.PAY_IN: (-1, 1),
    Kind.PAY_OUT: (1, -1),
    Kind.DROP: (1, -1),
    Kind.DROP_TAKEN: (-1, 1),
    Kind.OVER: (-1, 1),
    Kind.SHORT: (0, -1),  # the cash is gone, and its holder owes it as before
    Kind.WRITE_OFF: (1, 0),
}
