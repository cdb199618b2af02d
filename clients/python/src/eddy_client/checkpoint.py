"""Checkpoints of Eddy as numpy arrays, and back: NAME.json, and beside it the safetensors that it names."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import ArrayLike, NDArray
from safetensors import SafetensorError

from .errors import EddyError

FORMAT = "eddy-checkpoint/3"
_FORMATS = ("eddy-checkpoint/2", FORMAT)
_CHECKSUM_LINE = re.compile(r'\A\{\n "sha256": "([0-9a-f]{64})",\n')
_STRING_OR_SPACE = re.compile(r'("(?:[^"\\]|\\.)*")|\s+')

Float32 = NDArray[np.float32]


@dataclass
class Checkpoint:
    """All of a simulation at one moment; what is changed here is in force after `save` and ``restore``."""

    #: the run as resolved, every default filled in
    run: Any
    #: how far it is; the writer's own
    progress: Any
    #: the numbers that are no tensors: tick, seed, gates, ...
    state: dict[str, Any]
    #: by name, as "weights/m1->m2", "states/m1", "first moments/m1->m2"
    tensors: dict[str, Float32] = field(default_factory=dict)

    @property
    def tick(self) -> int:
        """Ticks that were made until this moment."""
        return int(self.state["tick"])

    @property
    def modules(self) -> list[str]:
        """Names of the modules."""
        prefix = "recurrent counts/"
        return sorted(name[len(prefix) :] for name in self.tensors if name.startswith(prefix))

    def recurrent_csr(self, module: str) -> tuple[NDArray[np.int64], NDArray[np.int64], Float32]:
        """W of a module without its zeros: (indptr, indices, data), as `scipy.sparse.csr_array` takes them.

        Rows are the units from which, columns those to which; the states obey ``h <- f(h W + drive)``.

        :raises EddyError: INVALID_ARGUMENT when there is no such module
        """
        counts = self._recurrent("counts", module).astype(np.int64)
        indptr = np.concatenate([[0], np.cumsum(counts)])
        columns = self._recurrent("columns", module).astype(np.int64)
        return indptr, columns, self._recurrent("values", module)

    def recurrent(self, module: str) -> Float32:
        """W of a module, [neurons, neurons], row = from, column = to.

        :raises EddyError: INVALID_ARGUMENT when there is no such module
        """
        indptr, columns, values = self.recurrent_csr(module)
        neurons = len(indptr) - 1
        dense = np.zeros((neurons, neurons), np.float32)
        dense[np.repeat(np.arange(neurons), np.diff(indptr)), columns] = values
        return dense

    def set_recurrent(self, module: str, weights: ArrayLike) -> None:
        """Takes W [neurons, neurons] of a module; zeros are no connections.

        :raises EddyError: INVALID_ARGUMENT when there is no such module, SHAPE_MISMATCH, NOT_FINITE
        """
        neurons = len(self._recurrent("counts", module))
        dense = np.asarray(weights, np.float32)
        if dense.shape != (neurons, neurons):
            given = list(dense.shape)
            raise EddyError("SHAPE_MISMATCH", f"W of {module}: given {given}, needed [{neurons}, {neurons}]")
        _check_finite(f"W of {module}", dense)
        rows, columns = np.nonzero(dense)
        self.tensors[f"recurrent counts/{module}"] = np.bincount(rows, minlength=neurons).astype(np.float32)
        self.tensors[f"recurrent columns/{module}"] = columns.astype(np.float32)
        self.tensors[f"recurrent values/{module}"] = dense[rows, columns]

    def to_torch(self) -> dict[str, Any]:
        """All tensors as `torch.Tensor` by name, W of each module dense as "recurrent/MODULE"; copies.

        :raises EddyError: TOOL_MISSING without PyTorch: ``pip install 'eddy-client[torch]'``
        """
        try:
            import torch
        except ImportError as cause:
            raise EddyError("TOOL_MISSING", "PyTorch is needed: pip install 'eddy-client[torch]'") from cause
        named = {name: value for name, value in self.tensors.items() if not name.startswith("recurrent ")}
        dense = {f"recurrent/{module}": self.recurrent(module) for module in self.modules}
        return {name: torch.from_numpy(np.array(value)) for name, value in {**named, **dense}.items()}

    def take_torch(self, tensors: dict[str, Any]) -> None:
        """Takes tensors by the names of `to_torch`; those that are not named stay.

        :raises EddyError: INVALID_ARGUMENT for a name that there is not, SHAPE_MISMATCH, NOT_FINITE
        """
        for name, tensor in tensors.items():
            value = tensor.detach().cpu().numpy().astype(np.float32)
            if name.startswith("recurrent/"):
                self.set_recurrent(name[len("recurrent/") :], value)
                continue
            if name not in self.tensors:
                raise EddyError("INVALID_ARGUMENT", f'the checkpoint has no tensor "{name}"')
            if value.shape != self.tensors[name].shape:
                given, needed = list(value.shape), list(self.tensors[name].shape)
                raise EddyError("SHAPE_MISMATCH", f"{name}: given {given}, needed {needed}")
            _check_finite(name, value)
            self.tensors[name] = value

    def _recurrent(self, part: str, module: str) -> Float32:
        tensor = self.tensors.get(f"recurrent {part}/{module}")
        if tensor is None:
            known = ", ".join(self.modules)
            raise EddyError("INVALID_ARGUMENT", f'the checkpoint has no module "{module}"; it has {known}')
        return tensor


def load(path: str | Path) -> Checkpoint:
    """Reads a checkpoint and checks that it is whole.

    :param path: of the JSON half, with or without .json
    :raises EddyError: FILE_NOT_FOUND, FILE_INVALID or CHECKSUM_MISMATCH
    """
    json_path = _json_path(path)
    content = _described(_read(json_path, "checkpoint"), json_path)
    tensors_path = json_path.parent / content["tensors"]["file"]
    data = _read(tensors_path, "tensors of the checkpoint")
    if hashlib.sha256(data).hexdigest() != content["tensors"]["sha256"]:
        raise EddyError(
            "CHECKSUM_MISMATCH",
            f"{tensors_path}: damaged: its checksum is not the one in {json_path}; take an earlier checkpoint",
        )
    try:
        tensors = safetensors.numpy.load(data)
    except SafetensorError as cause:
        raise EddyError("FILE_INVALID", f"{tensors_path}: not a whole safetensors file: {cause}") from cause
    return Checkpoint(content["run"], content.get("progress"), content["state"], tensors)


def save(path: str | Path, checkpoint: Checkpoint) -> None:
    """Writes both halves of a checkpoint; the one before stays whole until the new one is complete.

    :param path: of the JSON half, with or without .json; its folder has to be there
    :raises EddyError: NOT_FINITE, INVALID_ARGUMENT, or FILE_INVALID when it cannot be written
    """
    json_path = _json_path(path)
    tensors = {name: np.ascontiguousarray(value, "<f4") for name, value in checkpoint.tensors.items()}
    for name, value in tensors.items():
        _check_finite(name, value)
    data = safetensors.numpy.save(tensors)
    digest = hashlib.sha256(data).hexdigest()
    tensors_path = json_path.parent / f"{json_path.stem}-{digest[:12]}.safetensors"
    content = {
        "format": FORMAT,
        "run": checkpoint.run,
        "progress": checkpoint.progress,
        "state": checkpoint.state,
        "tensors": {"file": tensors_path.name, "sha256": digest},
    }
    try:
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    except (TypeError, ValueError) as cause:
        raise EddyError("INVALID_ARGUMENT", f"checkpoint {json_path}: no JSON: {cause}") from cause
    checksum = hashlib.sha256(text.encode()).hexdigest()
    before = _tensors_of(json_path)
    try:
        _write_atomically(tensors_path, data)
        _write_atomically(json_path, text.replace("{\n", f'{{\n "sha256": "{checksum}",\n', 1).encode())
    except OSError as cause:
        raise EddyError("FILE_INVALID", f"checkpoint {json_path}: cannot be written: {cause}") from cause
    if before is not None and before != tensors_path:
        # the new one is whole; an old file that stays is only in the way
        with contextlib.suppress(OSError):
            before.unlink()


def _json_path(path: str | Path) -> Path:
    given = Path(path)
    return given if given.suffix == ".json" else given.with_name(f"{given.name}.json")


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as cause:
        raise EddyError("FILE_NOT_FOUND", f"{what} {path}: there is no such file") from cause
    except OSError as cause:
        raise EddyError("FILE_INVALID", f"{what} {path}: {cause}") from cause


def _described(data: bytes, path: Path) -> dict[str, Any]:
    """The JSON half, when it is whole."""
    try:
        text = data.decode()
        content = json.loads(text)
    except ValueError as cause:
        raise EddyError("FILE_INVALID", f"checkpoint {path}: damaged: not JSON; take an earlier one") from cause
    if not isinstance(content, dict) or content.get("format") not in _FORMATS:
        raise EddyError("FILE_INVALID", f"checkpoint {path}: not a checkpoint of Eddy; give its JSON file")
    if not _is_whole(text, content):
        raise EddyError(
            "CHECKSUM_MISMATCH",
            f"checkpoint {path}: damaged: its content does not match its checksum; take an earlier one",
        )
    return content


def _is_whole(text: str, content: dict[str, Any]) -> bool:
    """Whether the checksum is that of the rest of the text, as it stands."""
    if content["format"] == FORMAT:
        line = _CHECKSUM_LINE.match(text)
        rest = "{\n" + text[line.end() :] if line else ""
        return line is not None and hashlib.sha256(rest.encode()).hexdigest() == line.group(1)
    # the older format: of all other fields without white space, where the checksum comes last
    digest = content.get("sha256")
    compact = _STRING_OR_SPACE.sub(lambda match: match.group(1) or "", text)
    rest = compact.replace(f',"sha256":"{digest}"}}', "}")
    return hashlib.sha256(rest.encode()).hexdigest() == digest


def _tensors_of(json_path: Path) -> Path | None:
    """The tensors that a checkpoint of this name has, if they are its own; None of a damaged one."""
    try:
        name = json.loads(json_path.read_text())["tensors"]["file"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    is_own = isinstance(name, str) and name.startswith(f"{json_path.stem}-") and name.endswith(".safetensors")
    return json_path.parent / name if is_own and Path(name).name == name else None


def _write_atomically(path: Path, data: bytes) -> None:
    """Writes a whole file or nothing: temporary file, fsync, rename, fsync of the folder."""
    temporary = path.with_name(f"{path.name}.part")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _check_finite(name: str, values: NDArray[Any]) -> None:
    if not np.isfinite(values).all():
        raise EddyError("NOT_FINITE", f"{name}: NaN or infinite; finite values are needed")
