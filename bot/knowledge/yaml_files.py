"""Reading YAML written by people: safely, within limits, and remembering the line of every value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 5_000_000
MAX_DEPTH = 20

# The C loader is ten times as fast and reads the same; it is missing where PyYAML was built without libyaml.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path_ = tuple[str | int, ...]


class ReadError(Exception):
    """A file cannot be read; carries the line and a sentence for its author."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class Located:
    """A parsed file that knows where everything stands.

    Attributes:
        value: plain Python values; dates are `datetime.date`.
    """

    def __init__(self, value: Any, lines: dict[Path_, int]) -> None:
        self.value = value
        self._lines = lines

    def line(self, *path: str | int) -> int:
        """Return the line (from 1) of the value at a path, or of the nearest thing around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)


def read(path: Path) -> Located:
    """Read one YAML file.

    No environment variable is interpolated (Rasa's own reader does), aliases are refused, size and depth bounded.

    Raises:
        ReadError: it is too large, no valid YAML, uses aliases, repeats a key or is nested too deeply.
    """
    data = path.read_bytes()
    if len(data) > MAX_BYTES:
        raise ReadError(1, f"the file has {len(data):,} bytes; at most {MAX_BYTES:,} are read: split it")
    return parse(data)


def parse(data: bytes) -> Located:
    """Parse YAML from memory; see `read`."""
    if len(data) > MAX_BYTES:
        raise ReadError(1, f"the file has {len(data):,} bytes; at most {MAX_BYTES:,} are read: split it")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ReadError(line, "the file is not UTF-8: save it with the encoding UTF-8") from None
    loader = None
    try:
        loader = _LOADER(text)
        _refuse_bombs(text)
        node = loader.get_single_node()
        lines: dict[Path_, int] = {}
        value = _build(loader, node, (), lines) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ReadError(int(getattr(mark, "line", 0)) + 1, f"this is no valid YAML: {error.problem or error}") from None
    except yaml.YAMLError as error:
        raise ReadError(1, f"this is no valid YAML: {error}") from None
    finally:
        if loader is not None:
            loader.dispose()
    return Located(value, lines)


def _refuse_bombs(text: str) -> None:
    """Look at the events before anything is built: building recurses, and a deep enough nest ends the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH + 1:
            raise ReadError(int(getattr(event.start_mark, "line", 0)) + 1, f"nested more than {MAX_DEPTH} levels deep")
        if isinstance(event, yaml.AliasEvent):
            raise ReadError(
                int(getattr(event.start_mark, "line", 0)) + 1, "aliases (*name) are not allowed: write the text out"
            )


def _build(loader: Any, node: yaml.Node, path: Path_, lines: dict[Path_, int]) -> Any:
    lines[path] = node.start_mark.line + 1
    if len(path) > MAX_DEPTH:
        raise ReadError(node.start_mark.line + 1, f"nested more than {MAX_DEPTH} levels deep")
    if isinstance(node, yaml.MappingNode):
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = _construct(loader, key_node)
            if not isinstance(key, str | int):
                raise ReadError(key_node.start_mark.line + 1, "a key must be a plain word")
            if key in mapping:
                raise ReadError(key_node.start_mark.line + 1, f"'{key}' stands here twice; keep one")
            mapping[key] = _build(loader, value_node, (*path, key), lines)
            lines[(*path, key)] = key_node.start_mark.line + 1
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, item, (*path, index), lines) for index, item in enumerate(node.value)]
    return _construct(loader, node)


def _construct(loader: Any, node: yaml.Node) -> Any:
    try:
        return loader.construct_object(node, deep=True)
    except (ValueError, LookupError, AttributeError, OverflowError) as error:
        raise ReadError(node.start_mark.line + 1, f"'{node.value}' cannot be read as a value") from error
