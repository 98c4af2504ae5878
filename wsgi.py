import os

from checkin import create_app

# What is written here holds health data: the database, its log, posters. Nobody else on the machine reads it.
os.umask(0o077)

app = create_app()
