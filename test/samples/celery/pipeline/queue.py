import os

from celery import Celery

queue = Celery(
    "pipeline",
    broker=os.environ.get("REDIS_URL", "redis://localhost:6379/0"),
    backend=os.environ.get("REDIS_URL", "redis://localhost:6379/0"),
    include=["pipeline.tasks"],
)
queue.conf.beat_schedule = {
    "tick": {"task": "pipeline.tasks.tick", "schedule": float(os.environ.get("TICK_SECONDS", "60"))},
}
