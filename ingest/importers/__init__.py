"""Importers: files of other products, turned into OTLP requests that take the one way of all data.

Every module of this package that defines `FORMAT` is an importer; there is no list to keep. It has

    FORMAT                  its name: spans carry it as spotlight.import.format
    recognises(content)     whether a file is of this format, told by its content
    read(content)           its items: spans, scores, and what fits neither

    content     what a file holds, in whatever form
    items       what importers yield
    encoding    items to OTLP
    values      times, numbers and literals as foreign files write them
    usage       token counts with the cache counted in

Ids come from the source's own ids, else from content, and times are never those of the load: a file
loaded twice is stored once.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from typing import Protocol

from ingest.importers.content import Content
from ingest.importers.items import Item


class Importer(Protocol):
    """What a module of this package offers."""

    FORMAT: str

    def recognises(self, content: Content) -> bool:
        """Return whether the file is of this format."""

    def read(self, content: Content) -> Iterator[Item]:
        """Yield what the file holds."""


@cache
def importers() -> dict[str, Importer]:
    """Return all importers by format, sorted."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {module.FORMAT: module for module in modules if hasattr(module, "FORMAT")}


def importer_of(content: Content) -> Importer | None:
    """Return the importer that recognises a file, None where none does."""
    return next((importer for importer in importers().values() if importer.recognises(content)), None)
