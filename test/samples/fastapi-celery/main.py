from fastapi import FastAPI

from worker import price

app = FastAPI()


@app.get("/")
def index():
    return "shop"


@app.get("/price/{pieces}")
def ask(pieces: int) -> int:
    return price.delay(pieces).get(timeout=10)
