"""The text of `oracle.yaml`, read with the line of every value; ``document_writer`` writes it back.

The file is read as YAML nodes, not as Python objects, so that a number is a Decimal made from its own text, a duplicate
key is seen, and every complaint names its line.

Errors:
    ConfigError: holds all complaints of one reading or check, each with its line.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import TypeAlias, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from apps.feeds.document_writer import VERSION
from apps.feeds.problems import Where
from apps.feeds.values import (
    DESTINATION_KEYS,
    FEED_KEYS,
    LISTING_KEYS,
    SOURCE_KEYS,
    Config,
    DestinationConfig,
    FeedConfig,
    ListingConfig,
    SourceConfig,
)

SECTIONS = ("destinations", "sources", "feeds")
MAX_CHARACTERS = 4_000_000
_NUMBER = re.compile(r"[-+]?\d{1,40}(\.\d{1,40})?([eE][-+]?\d{1,2})?")
_INTEGER = re.compile(r"[-+]?\d{1,18}")
T = TypeVar("T")
Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong in a file; ``line`` counts from 1, 0 when no line can be named."""

    line: int
    message: str


class ConfigError(ValueError):
    """The file cannot be used; ``complaints`` holds every reason found, in file order."""

    def __init__(self, complaints: Collection[Complaint]) -> None:
        """Keep the complaints, sorted by line."""
        self.complaints = tuple(sorted(complaints, key=lambda complaint: complaint.line))
        super().__init__("; ".join(f"line {c.line}: {c.message}" for c in self.complaints))


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read: its configuration and where each part of it stands."""

    config: Config
    lines: Mapping[Where, int]

    def line(self, where: Where) -> int:
        """Return the line of the nearest part of the path that stands in the file, 0 for none."""
        for length in range(len(where), 0, -1):
            if where[:length] in self.lines:
                return self.lines[where[:length]]
        return 0


def read_document(text: str) -> Document:
    """Return the configuration the text describes. Raises ConfigError with every unknown key, wrong type and double."""
    if len(text) > MAX_CHARACTERS:
        raise ConfigError([Complaint(0, f"the file has {len(text)} characters, more than {MAX_CHARACTERS}")])
    try:
        root = YAML(typ="rt", pure=True).compose(text)
    except MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 0
        raise ConfigError([Complaint(line, f"not YAML: {exc.problem or exc.context}")]) from exc
    except (YAMLError, RecursionError) as exc:
        raise ConfigError([Complaint(0, f"not YAML: {str(exc).splitlines()[0]}")]) from exc
    reader = _Reader()
    config = reader.config(root)
    if reader.complaints:
        raise ConfigError(reader.complaints)
    return Document(config=config, lines=reader.lines)


@dataclass(slots=True)
class _Reader:
    """Walks the nodes, collecting complaints instead of stopping at the first."""

    complaints: list[Complaint] = field(default_factory=list)
    lines: dict[Where, int] = field(default_factory=dict)

    def config(self, root: Node | None) -> Config:
        if root is None:
            self.complaints.append(Complaint(1, "the file is empty"))
            return Config()
        parts = self.mapping(root, where=(), label="the file", allowed=("version", *SECTIONS))
        self.version(parts.get("version"), root=root)
        destinations, sources, feeds = (
            self.mapping(parts[name], where=(name,), label=name) if name in parts else {} for name in SECTIONS
        )
        return Config(
            destinations={name: self.destination(name, node) for name, node in destinations.items()},
            sources={slug: self.source(slug, node) for slug, node in sources.items()},
            feeds={pair: self.feed(pair, node) for pair, node in feeds.items()},
        )

    def version(self, node: Node | None, *, root: Node) -> None:
        if node is None:
            self.complaints.append(
                Complaint(_line(root), f"missing key 'version'; this program reads version {VERSION}")
            )
        elif self.integer(node, label="version") != VERSION:
            self.complaints.append(Complaint(_line(node), f"this program reads version {VERSION} only"))

    def source(self, slug: str, node: Node) -> SourceConfig:
        where: Where = ("sources", slug)
        label = f"source {slug}"
        parts = {} if _is_null(node) else self.mapping(node, where=where, label=label, allowed=SOURCE_KEYS)
        known: dict[str, object] = {"name": slug, "adapter": slug}
        known |= self.values(parts, _SOURCE_READERS, label=label)
        return SourceConfig(slug=slug, **known)  # type: ignore[arg-type]

    def destination(self, name: str, node: Node) -> DestinationConfig:
        where: Where = ("destinations", name)
        label = f"destination {name}"
        parts = self.mapping(node, where=where, label=label, allowed=DESTINATION_KEYS)
        return DestinationConfig(name, **self.values(parts, _DESTINATION_READERS, label=label))  # type: ignore[arg-type]

    def feed(self, pair: str, node: Node) -> FeedConfig:
        where: Where = ("feeds", pair)
        label = f"feed {pair}"
        parts = {} if _is_null(node) else self.mapping(node, where=where, label=label, allowed=(*FEED_KEYS, "listings"))
        listings = parts.pop("listings", None)
        rows = [] if listings is None else self.sequence(listings, label=f"{label} listings")
        known = self.values(parts, _FEED_READERS, label=label)
        rows_read = [
            self.listing(row, where=(*where, "listings", index), label=label) for index, row in enumerate(rows)
        ]
        return FeedConfig(pair=pair, listings=tuple(rows_read), **known)  # type: ignore[arg-type]

    def listing(self, node: Node, *, where: Where, label: str) -> ListingConfig:
        label = f"{label} listing {int(where[-1]) + 1}"
        self.lines[where] = _line(node)
        parts = self.mapping(node, where=where, label=label, allowed=LISTING_KEYS)
        known: dict[str, object] = {"source": "", "ticker": ""}
        for name in known:
            if name not in parts and isinstance(node, MappingNode):
                self.complaints.append(Complaint(_line(node), f"missing key {name!r} in {label}"))
        known |= self.values(parts, _LISTING_READERS, label=label)
        return ListingConfig(**known)  # type: ignore[arg-type]

    def values(
        self, parts: Mapping[str, Node], readers: Mapping[str, Callable[..., object]], *, label: str
    ) -> dict[str, object]:
        """Return the keys that could be read; the others have left a complaint."""
        found = {}
        for name, node in parts.items():
            value = readers[name](self, node, label=f"{label} {name}")
            if value is not _UNREAD:
                found[name] = value
        return found

    def mapping(
        self, node: Node, *, where: Where, label: str, allowed: Collection[str] | None = None
    ) -> dict[str, Node]:
        """Return the node's values by key, without the keys that are doubled, not text, or not allowed."""
        self.lines.setdefault(where, _line(node))
        if not isinstance(node, MappingNode):
            self.wrong(node, label=label, expected="keys with values")
            return {}
        parts: dict[str, Node] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, ScalarNode) else "?"
            if key in parts:
                self.complaints.append(Complaint(_line(key_node), f"duplicate key {key!r} in {label}"))
            elif allowed is not None and key not in allowed:
                self.complaints.append(Complaint(_line(key_node), _unknown(key, label=label, allowed=allowed)))
            else:
                parts[key] = value_node
                self.lines[*where, key] = _line(key_node)
        return parts

    def sequence(self, node: Node, *, label: str) -> list[Node]:
        if isinstance(node, SequenceNode):
            return list(node.value)
        self.wrong(node, label=label, expected="a list")
        return []

    def text(self, node: Node, *, label: str) -> object:
        if isinstance(node, ScalarNode) and _tag(node) == "str":
            return str(node.value)
        return self.wrong(node, label=label, expected="text (put numbers and true/false in quotes)")

    def boolean(self, node: Node, *, label: str) -> object:
        if isinstance(node, ScalarNode) and _tag(node) == "bool":
            return str(node.value).lower() == "true"
        return self.wrong(node, label=label, expected="true or false")

    def integer(self, node: Node, *, label: str) -> object:
        if isinstance(node, ScalarNode) and _tag(node) == "int" and _INTEGER.fullmatch(node.value):
            return int(node.value)
        return self.wrong(node, label=label, expected="a whole number")

    def decimal(self, node: Node, *, label: str) -> object:
        if isinstance(node, ScalarNode) and _tag(node) != "null" and _NUMBER.fullmatch(node.value):
            return Decimal(node.value)
        return self.wrong(node, label=label, expected="a number")

    def texts(self, node: Node, *, label: str) -> object:
        read = [self.text(entry, label=label) for entry in self.sequence(node, label=label)]
        return [entry for entry in read if entry is not _UNREAD]

    def options(self, node: Node, *, label: str) -> object:
        value = self.json(node, label=label)
        return value if isinstance(value, dict) else self.wrong(node, label=label, expected="keys with values")

    def json(self, node: Node, *, label: str) -> Json:
        if isinstance(node, MappingNode):
            parts = self.mapping(node, where=("",), label=label)
            return {key: self.json(value, label=f"{label} {key}") for key, value in parts.items()}
        if isinstance(node, SequenceNode):
            return [self.json(value, label=label) for value in node.value]
        return self.scalar(node, label=label)

    def scalar(self, node: Node, *, label: str) -> str | int | bool | None:
        match _tag(node):
            case "int" if _INTEGER.fullmatch(node.value):
                return int(node.value)
            case "bool":
                return str(node.value).lower() == "true"
            case "str":
                return str(node.value)
            case "null":
                return None
        expected = "text, a whole number, true, false or null (put other numbers in quotes)"
        self.wrong(node, label=label, expected=expected)
        return None

    def wrong(self, node: Node, *, label: str, expected: str) -> object:
        shown = _shown(node)
        self.complaints.append(Complaint(_line(node), f"{label}: expected {expected}, got {shown}"))
        return _UNREAD


_UNREAD = object()
# How a value is read follows from the type of its field, so a new key needs no line here.
_READERS: Mapping[object, Callable[..., object]] = {
    "int": _Reader.integer,
    "bool": _Reader.boolean,
    "Decimal": _Reader.decimal,
    "Decimal | None": _Reader.decimal,
    "str": _Reader.text,
    "str | None": _Reader.text,
    "list[str]": _Reader.texts,
    "Mapping[str, object]": _Reader.options,
}


def _readers(kind: type, names: Collection[str]) -> dict[str, Callable[..., object]]:
    return {entry.name: _READERS[entry.type] for entry in fields(kind) if entry.name in names}


_FEED_READERS = _readers(FeedConfig, FEED_KEYS)
_DESTINATION_READERS = _readers(DestinationConfig, DESTINATION_KEYS)
_LISTING_READERS = _readers(ListingConfig, LISTING_KEYS)
_SOURCE_READERS = _readers(SourceConfig, SOURCE_KEYS)


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _tag(node: Node) -> str:
    return str(node.tag).rpartition(":")[2]


def _shown(node: Node) -> str:
    match node:
        case ScalarNode():
            return repr(node.value)
        case SequenceNode():
            return "a list"
    return "keys with values"


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and _tag(node) == "null"


def _unknown(key: str, *, label: str, allowed: Collection[str]) -> str:
    near = difflib.get_close_matches(key, allowed, n=2)
    hint = f"did you mean {' or '.join(repr(name) for name in near)}?" if near else f"known: {', '.join(allowed)}"
    return f"unknown key {key!r} in {label}; {hint}"
