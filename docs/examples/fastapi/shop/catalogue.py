"""What the shop sells."""

from pydantic import BaseModel


class Item(BaseModel):
    """An article and its price in hundredths."""

    name: str
    price: int


ITEMS = {
    "tea": Item(name="Tea", price=450),
    "honey": Item(name="Honey", price=890),
    "bread": Item(name="Bread", price=380),
}
