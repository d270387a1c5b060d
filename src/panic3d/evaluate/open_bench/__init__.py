"""The open benchmark: licence-clean characters of held-out assets, rebuilt from a recipe."""
