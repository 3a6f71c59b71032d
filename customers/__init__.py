"""Who pays, and for what: customers and invoices as the billing system last told them, search, and money itself."""
