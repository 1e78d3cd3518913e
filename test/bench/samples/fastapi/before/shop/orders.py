"""The orders of a shop that sells nothing."""

from pydantic import BaseModel


class Order(BaseModel):
    article: str
    amount: int = 1


ORDERS: list[Order] = []
