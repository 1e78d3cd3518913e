import os

from celery import Celery

REDIS = os.environ.get("REDIS_URL", "redis://localhost:6379/0")

celery_app = Celery("worker", broker=REDIS, backend=REDIS)


@celery_app.task
def price(pieces: int) -> int:
    return pieces * 3
