"""Deriving anew what is kept of many cases: a run beside the web process, whole for each case, that can be stopped and
gone on with, and by which cases take today's rules where somebody says so."""
