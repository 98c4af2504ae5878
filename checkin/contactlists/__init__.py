"""Lists of contacts from elsewhere (another app's, another province's), read in at a case and given out to be called.

Nothing of a file is stored: it is shown row by row, comes back with the form, and what is right becomes contacts.
"""
