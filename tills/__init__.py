"""Who holds the money: tills, their numbered journals, and payment methods."""
