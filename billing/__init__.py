"""The outside billing system: customers and invoices in, payments out."""
