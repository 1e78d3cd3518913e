import os

from .base import *  # noqa: F403

DEBUG = False
DATABASES = {}
DATABASES["default"] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": os.environ.get("DATABASE", "/tmp/db.sqlite3"),
}
