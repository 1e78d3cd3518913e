from .queue import queue


@queue.task
def tick():
    return "tick"
