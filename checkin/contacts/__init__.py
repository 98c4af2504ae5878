"""People whom a case can have met, from the CDC's list to the call of their commune's station and what came of it.

Being at the same place makes nobody a contact: somebody is called, and the recorded answers or an officer who signs
for it make them one.
"""
