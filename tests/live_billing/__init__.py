"""The live side: pull, delivery, and the order that keeps balances right."""
