"""What was paid: payments, the parts they are made of, and what the billing system must still be told."""
