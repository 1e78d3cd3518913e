from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

router = APIRouter(prefix="/tasks")


class Task(BaseModel):
    title: str
    done: bool = False


TASKS = {1: Task(title="write"), 2: Task(title="read", done=True)}


@router.get("/{number}")
def task(number: int) -> Task:
    if number not in TASKS:
        raise HTTPException(404)
    return TASKS[number]
