"""A shift of the CDC as it is handed over, and how fast the work goes: numbers and notes, and nobody's name."""
