import os

SECRET_KEY = os.environ.get("SECRET_KEY", "not-a-secret")
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = []
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL", "memory://")
