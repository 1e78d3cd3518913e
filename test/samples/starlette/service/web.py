from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route


async def home(request):
    return PlainTextResponse("service")


async def status(request):
    return PlainTextResponse("admin")


admin = Starlette(routes=[Route("/", status)])
application = Starlette(routes=[Route("/", home), Mount("/admin", app=admin)])
