from flask import Flask


def create_app(config=None):
    app = Flask(__name__, instance_relative_config=True)
    if config is not None:
        app.config.from_mapping(config)

    from . import views

    app.register_blueprint(views.shop)
    return app
