"""Who calls on the station of a commune: a declaration without a venue (ill, entering or leaving the province, coming
home), and what the station does about it and about those who declared signs at a door."""
