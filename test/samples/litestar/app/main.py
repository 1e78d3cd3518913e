from litestar import Litestar, get


@get("/")
async def index() -> str:
    return "litestar"


def build() -> Litestar:
    return Litestar(route_handlers=[index])


server = build()
