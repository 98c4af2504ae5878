"""What a visitor's own device knows: its visits, and who read the lists that they are on."""
