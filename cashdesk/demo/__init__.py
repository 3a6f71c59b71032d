"""The demo: made-up people, customers and payments, brought in by the same ways as real ones."""
