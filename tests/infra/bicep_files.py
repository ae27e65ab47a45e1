"""Reads Bicep by tree-sitter, for facts about our own files. It is no compiler: CI builds them where one can be had."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

ROOT = Path(__file__).parent.parent.parent
INFRA = ROOT / "infra"
MAIN = INFRA / "main.bicep"
FILES = sorted([MAIN, *(INFRA / "app").glob("*.bicep")])
GRAPH = INFRA / "graph" / "permissions.bicep"  # deployed apart
PARSER = Parser(Language(tree_sitter_bicep.language()))


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    has_default: bool


@dataclass(frozen=True, slots=True)
class Block:
    """A module or a resource: its symbol, its path or type, and its body."""

    symbol: str
    what: str
    body: Node


def tree(file: Path) -> Node:
    return PARSER.parse(file.read_bytes()).root_node


def text(node: Node) -> str:
    return (node.text or b"").decode()


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def parameters(file: Path) -> dict[str, Parameter]:
    declared = [node for node in walk(tree(file)) if node.type == "parameter_declaration"]
    return {symbol(node): Parameter(symbol(node), "=" in [c.type for c in node.children]) for node in declared}


def outputs(file: Path) -> dict[str, str]:
    """Name to the whole declaration."""
    return {symbol(node): text(node) for node in walk(tree(file)) if node.type == "output_declaration"}


def blocks(file: Path, kind: str) -> list[Block]:
    """`kind`: module or resource; `existing` ones too."""
    return [
        Block(symbol(node), text(named(node)[1]).strip("'"), next(n for n in walk(node) if n.type == "object"))
        for node in walk(tree(file))
        if node.type == f"{kind}_declaration"
    ]


def properties(body: Node) -> dict[str, Node]:
    """Of one object, not of those within."""
    pairs = [named(child) for child in body.children if child.type == "object_property"]
    return {text(pair[0]).strip("'"): pair[1] for pair in pairs if len(pair) == 2}


def keys(node: Node) -> set[str]:
    """Of all objects in it, at any depth."""
    return {key for inner in walk(node) if inner.type == "object" for key in properties(inner)}


def symbol(node: Node) -> str:
    return text(next(child for child in node.children if child.type == "identifier"))


def named(node: Node) -> list[Node]:
    return [child for child in node.named_children if "comment" not in child.type]


def used_outputs(file: Path) -> set[tuple[str, str]]:
    """(module's symbol, output)."""
    return set(re.findall(r"(\w+)!?\.outputs\.(\w+)", file.read_text(encoding="utf-8")))
