"""Chains of transmission: which case infected which, and where, as officers put it down; and the picture."""
