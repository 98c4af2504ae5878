"""Numbers without names: visits and declarations by day and commune, for command, communes and the CDC."""
