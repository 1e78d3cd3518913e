from flask import Flask

app = Flask(__name__)
other = Flask(__name__)
