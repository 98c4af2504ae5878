"""Signals: what stands out before anybody asked. Cases that share places, and declarations of symptoms that pile up.

A signal is found by the hourly round, kept as numbers alone, and worked on once: seen, followed up, or nothing."""
