SECRET_KEY = "local"
