"""What holds for the values of every folder: they are frozen, have no other fields, and are compared by value."""

import dataclasses
import importlib
import pkgutil
import re
import sys
from types import ModuleType

WORDS = re.compile(r"\w+")


def unlike_values(package: ModuleType) -> dict[str, str]:
    """Return {dataclass: how it differs from a frozen value} of the modules of a package, of those that do."""
    return {one.__name__: words for one in _dataclasses_of(package) if (words := _differences(one))}


def _dataclasses_of(package: ModuleType) -> list[type]:
    names = [f"{package.__name__}.{module.name}" for module in pkgutil.iter_modules(package.__path__)]
    found = [one for name in names for one in vars(importlib.import_module(name)).values() if isinstance(one, type)]
    return [one for one in dict.fromkeys(found) if dataclasses.is_dataclass(one) and one.__module__ in names]


def _differences(one: type) -> str:
    settings = one.__dataclass_params__
    namespace = vars(sys.modules[one.__module__])
    parts = [part for field in dataclasses.fields(one) for part in WORDS.findall(str(field.type))]
    has_identity = any(part == "NDArray" or _is_identity(namespace.get(part)) for part in parts)
    words = ["is not frozen"] * (not settings.frozen) + ["has no slots"] * ("__slots__" not in vars(one))
    words += ["is compared by identity"] * (not settings.eq and not has_identity)
    words += ["is compared by value"] * (settings.eq and has_identity)
    return ", ".join(words)


def _is_identity(what: object) -> bool:
    """Return whether things of a type are compared by identity, as our classes are, or not to be compared: arrays."""
    if isinstance(what, type):
        return what.__module__.startswith("napari_phy") and what.__eq__ is object.__eq__
    return "numpy.ndarray" in repr(what)
