"""The floor: the smallest Flask application, served as the product is."""

from flask import Flask

app = Flask("hello")


@app.get("/")
def hello() -> str:
    """A greeting."""
    return "hello\n"


@app.get("/healthz")
def healthz() -> str:
    """The server answers."""
    return "ok\n"
