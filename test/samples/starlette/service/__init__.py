from .web import application
