"""The medical declaration: its form, its triage by the rules of the day, and its append-only store with
sealed details."""
