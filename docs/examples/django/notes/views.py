"""Views that answer with JSON."""

import django
from django.http import Http404, HttpRequest, JsonResponse
from django.templatetags.static import static

NOTES = ["write it down", "read it again"]


def index(request: HttpRequest) -> JsonResponse:
    """Says what runs here."""
    return JsonResponse(
        {"name": "notes", "django": django.get_version(), "stylesheet": static("notes.css")}
    )


def health(request: HttpRequest) -> JsonResponse:
    """For whoever watches the container."""
    return JsonResponse({"status": "ok"})


def note(request: HttpRequest, number: int) -> JsonResponse:
    """One note, counted from 1."""
    if not 1 <= number <= len(NOTES):
        raise Http404
    return JsonResponse({"number": number, "text": NOTES[number - 1]})
