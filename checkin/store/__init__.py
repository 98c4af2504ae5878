"""The visit store's upkeep: the tables of days to come, and the end of what is no longer needed."""
