import os

from flask import Flask

app = Flask(__name__)
# The name of another service, which no preset could tell from this one.
other = Flask("other")


@app.get("/")
def index():
    return f"queue of process {os.getpid()}"
