SECRET_KEY = "only for the benchmark, which starts nothing"
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["rest_framework"]
