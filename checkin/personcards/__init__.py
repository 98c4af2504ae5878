"""Cards on paper for those without a phone: a code that adds a visit of its holder at a counter, and reads nothing."""
