"""Measurements of the product at province size: one command, one run, every figure beside its own floor."""
