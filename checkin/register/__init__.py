"""A district's register of businesses, as a file: looked through first, then imported, each venue with its code.

A file is read by a process beside the web process (`jobs.py`), or by the command `venues import`. Whether a row is a
venue that there is already, `sameness.py` says; what becomes of the rows, `planning.py`.
"""
