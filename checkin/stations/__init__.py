"""What a commune's health station sees: people of the commune whom it should look after, and the commune's venues.

Both come by the scope of the account (`scope.py`); nothing here says once more which commune that is.
"""
