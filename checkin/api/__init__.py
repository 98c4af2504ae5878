"""An interface for other programs of the CDC, with tokens of its own: `/api/v1`, described by its own document."""
