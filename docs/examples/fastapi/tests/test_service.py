from fastapi.testclient import TestClient

from shop.service import service

client = TestClient(service)


def test_health() -> None:
    assert client.get("/health").json() == {"status": "ok"}


def test_unknown_item() -> None:
    assert client.get("/items/none").status_code == 404
