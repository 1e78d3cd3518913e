from fastapi import FastAPI

from app.routers import tasks

app = FastAPI(title="Tasks")
app.include_router(tasks.router)


@app.get("/")
def index() -> dict[str, str]:
    return {"service": "tasks"}
