"""Builds each project folder named on standard input by its own build backend, which is installed here (PEP 517's
`build_wheel`, as `python -m build --no-isolation` calls it), in a process of its own. Prints a JSON object on one line a
project: its folder, and either the wheel's name and files (path, mode, content in base64) or the error."""

import base64
import importlib
import json
import os
import sys
import tempfile
import tomllib
import zipfile


def build(folder: str) -> dict:
    os.chdir(folder)
    with open("pyproject.toml", "rb") as file:
        system = tomllib.load(file).get("build-system", {})
    module, _, attribute = system.get("build-backend", "setuptools.build_meta:__legacy__").partition(":")
    backend = importlib.import_module(module)
    for name in filter(None, attribute.split(".")):
        backend = getattr(backend, name)
    with tempfile.TemporaryDirectory() as out:
        for hook in ("get_requires_for_build_wheel",):
            getattr(backend, hook, lambda: [])()
        name = backend.build_wheel(out)
        with zipfile.ZipFile(os.path.join(out, name)) as wheel:
            files = [
                {
                    "path": info.filename,
                    "mode": info.external_attr >> 16 & 0o777,
                    "content": base64.b64encode(wheel.read(info)).decode(),
                }
                for info in wheel.infolist()
                if not info.is_dir()
            ]
    return {"folder": folder, "wheel": name, "files": files}


def in_child(folder: str) -> str:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        sys.argv = ["build"]
        # uv's backend is a program beside this Python.
        os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
        os.environ["SOURCE_DATE_EPOCH"] = "315619200"
        try:
            result = build(folder)
        except BaseException as error:  # a backend may exit
            result = {"folder": folder, "error": f"{type(error).__name__}: {error}"}
        with os.fdopen(writer, "w") as out:
            out.write(json.dumps(result))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as source:
        text = source.read()
    os.waitpid(child, 0)
    return text


for module in ("hatchling.build", "setuptools.build_meta", "flit_core.buildapi", "poetry.core.masonry.api", "pdm.backend"):
    try:
        importlib.import_module(module)
    except ImportError:
        pass
for line in sys.stdin:
    print(in_child(line.strip()), flush=True)
