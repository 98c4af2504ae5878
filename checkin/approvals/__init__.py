"""A second person's say over what reaches far: lookups of a whole commune or kind of place over more than a day, and
long exports. Asked for before, or given within hours after: one officer at night is never stopped."""
