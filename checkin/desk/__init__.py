"""A device at the counter: joined to one venue over a link of its owner, without an account. It shows who has
just come, today, under masked names."""
