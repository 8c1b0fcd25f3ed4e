"""Artefacts to a folder and back: value.json, beside it a .npy for each array and the files that it names."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import is_dataclass
from fractions import Fraction
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, get_origin

import numpy as np
from cattrs.preconf.json import JsonConverter

VALUE = "value.json"

_folder: ContextVar[Path] = ContextVar("folder")
_scratch: ContextVar[Path | None] = ContextVar("scratch", default=None)


class Damaged(Exception):
    """What lies in the folder is not what was filed there."""


def write(value: Any, kind: Any, *, folder: Path, scratch: Path | None = None) -> dict[str, int]:
    """Write a value of type `kind` into a folder; name -> size of every file there.

    Files below `scratch` are moved, and so is an array that is a whole memory-mapped .npy there; what lies elsewhere
    belongs to somebody and is linked or copied. Raises OSError where there is no room.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokens = _folder.set(folder), _scratch.set(scratch)
    try:
        data = _converter().unstructure(value, kind)
    finally:
        _folder.reset(tokens[0])
        _scratch.reset(tokens[1])
    (folder / VALUE).write_text(json.dumps(data, ensure_ascii=False))
    return {path.name: path.stat().st_size for path in sorted(folder.iterdir())}


def read(kind: Any, *, folder: Path) -> Any:
    """The value again; arrays memory-mapped, files by their path. Damaged where something is missing or unreadable."""
    token = _folder.set(folder)
    try:
        return _converter().structure(json.loads((folder / VALUE).read_text()), kind)
    except Exception as error:  # whatever a torn file makes of json, numpy or cattrs
        raise Damaged(f"{folder}: {error}") from error
    finally:
        _folder.reset(token)


def write_any(value: Any, *, folder: Path) -> dict[str, int]:
    """Like `write`, for a value whose type nobody declares: a frozen dataclass, an array or plain JSON."""
    kind = type(value) if is_dataclass(value) else np.ndarray if isinstance(value, np.ndarray) else Any
    name = (
        f"{kind.__module__}:{kind.__qualname__}" if is_dataclass(value) else "array" if kind is np.ndarray else "json"
    )
    files = write(value, kind, folder=folder)
    (folder / "kind.txt").write_text(name)
    return {**files, "kind.txt": len(name)}


def read_any(*, folder: Path) -> Any:
    try:
        name = (folder / "kind.txt").read_text()
        if name == "json":
            return json.loads((folder / VALUE).read_text())
        module, _, attribute = name.partition(":")
        kind = np.ndarray if name == "array" else getattr(import_module(module), attribute)
        if kind is not np.ndarray and not is_dataclass(kind):
            raise Damaged(f"{folder}: {name} is no artefact")
    except (OSError, ValueError, ImportError, AttributeError) as error:
        raise Damaged(f"{folder}: {error}") from error
    return read(kind, folder=folder)


def _is_array(kind: Any) -> bool:
    return (
        kind is np.ndarray
        or get_origin(kind) is np.ndarray
        or (isinstance(kind, type) and issubclass(kind, np.ndarray))
    )


@cache
def _converter() -> JsonConverter:
    from cattrs.preconf.json import make_converter

    converter = make_converter()
    converter.register_unstructure_hook(Fraction, str)
    converter.register_structure_hook(Fraction, lambda text, _: Fraction(text))
    converter.register_unstructure_hook_func(_is_array, _put_array)
    converter.register_structure_hook_func(_is_array, _take_array)
    converter.register_unstructure_hook(Path, _put_file)
    converter.register_structure_hook(Path, _take_file)
    return converter


def _put_array(array: np.ndarray[Any, Any]) -> dict[str, str]:
    place = _free("array.npy")
    if (whole := _whole_file(array)) is not None:
        _move(whole, place)
    else:
        np.save(place, np.asarray(array), allow_pickle=False)
    return {"npy": place.name}


def _take_array(data: dict[str, str], _: Any) -> np.ndarray[Any, Any]:
    array: np.ndarray[Any, Any] = np.load(_there(data["npy"]), mmap_mode="r", allow_pickle=False)
    return array


def _put_file(path: Path) -> dict[str, str]:
    place = _free(path.name)
    _move(path, place)
    return {"file": place.name}


def _take_file(data: dict[str, str], _: Any) -> Path:
    return _there(data["file"])


def _there(name: str) -> Path:
    path = _folder.get() / name
    if Path(name).name != name or not path.is_file():
        raise Damaged(f"{path} is missing")
    return path


def _free(name: str) -> Path:
    """A name of the folder that is not taken."""
    folder, path, number = _folder.get(), Path(name), 1
    place = folder / path.name
    while place.exists() or place.name in {VALUE, "kind.txt"}:
        number += 1
        place = folder / f"{path.stem}-{number}{path.suffix}"
    return place


def _move(path: Path, place: Path) -> None:
    """Move out of scratch space; what lies elsewhere is linked, or copied."""
    scratch = _scratch.get()
    if scratch is not None and path.resolve().is_relative_to(scratch.resolve()):
        shutil.move(path, place)
        return
    with suppress(OSError):
        os.link(path, place)
        return
    shutil.copyfile(path, place)


def _whole_file(array: np.ndarray[Any, Any]) -> Path | None:
    """The .npy file that an array is the whole of, if it is memory-mapped from one."""
    if not isinstance(array, np.memmap) or array.filename is None:
        return None
    path = Path(array.filename)
    if path.suffix != ".npy" or not path.is_file():
        return None
    array.flush()
    there = np.load(path, mmap_mode="r", allow_pickle=False)
    same = there.shape == array.shape and there.dtype == array.dtype and there.strides == array.strides
    return path if same and array.offset == there.offset else None
