from celery import Celery

queue = Celery("pipeline", broker="memory://")
queue.conf.beat_schedule = {"tick": {"task": "pipeline.tasks.tick", "schedule": 60.0}}
