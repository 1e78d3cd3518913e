# for `flask run`
export FLASK_DEBUG=1
FLASK_APP="web/server.py:create_app()"
