"""F2: people who were near an F1, named by them; called by the station of their home, let go with the F1."""
