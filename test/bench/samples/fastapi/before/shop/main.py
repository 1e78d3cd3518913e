from fastapi import FastAPI

from shop.orders import ORDERS, Order

app = FastAPI()


@app.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/orders")
def add(order: Order) -> int:
    ORDERS.append(order)
    return len(ORDERS)
