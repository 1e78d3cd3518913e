"""The application: `pyc build` finds it by reading this file."""

from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from .catalogue import ITEMS, Item
from .settings import Settings

settings = Settings()
templates = Jinja2Templates(directory=Path(__file__).parent / "templates")

service = FastAPI(title=settings.name)


@service.get("/")
async def index() -> dict[str, str]:
    """Says what runs here."""
    return {"name": settings.name, "fastapi": version("fastapi")}


@service.get("/health")
async def health() -> dict[str, str]:
    """For whoever watches the container."""
    return {"status": "ok"}


@service.get("/items/{key}")
async def item(key: str) -> Item:
    """One article."""
    if key not in ITEMS:
        raise HTTPException(status_code=404, detail=f"no item {key!r}")
    return ITEMS[key]


@service.get("/catalogue", response_class=HTMLResponse)
async def catalogue(request: Request) -> HTMLResponse:
    """All articles as a page."""
    context = {"items": ITEMS.values(), "currency": settings.currency}
    return templates.TemplateResponse(request, "catalogue.html", context)
