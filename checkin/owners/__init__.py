"""How owners are reached: their phone number or address is confirmed by a code that goes there, and a code
leads back in when the password is forgotten."""
