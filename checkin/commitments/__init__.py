"""What an owner signs towards the authorities: dated rule data, kept for each venue with its version and the day, and
printable."""
