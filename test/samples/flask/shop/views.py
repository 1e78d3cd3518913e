from flask import Blueprint

shop = Blueprint("shop", __name__)


@shop.get("/")
def index():
    return "shop"
