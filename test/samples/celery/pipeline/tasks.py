import os

from .queue import queue


@queue.task
def tick():
    return f"tick by {os.getuid()}"


@queue.task
def add(one, other):
    return one + other
