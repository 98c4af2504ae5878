"""Visits from paper logs and other systems: a CSV file whose rows become visits, each once and only once.

Nobody was asked about their health there, so what comes of a row is a presence with a sealed name."""
