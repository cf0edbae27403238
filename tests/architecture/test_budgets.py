"""Sizes a stranger can hold in the head, and habits a machine can check."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "icdmapper"
FILES = sorted(SOURCE.rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_CLASS, MOST_METHODS = 400, 50, 250, 15


def length(node: ast.FunctionDef | ast.ClassDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_a_file_keeps_its_budget(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    over = []
    if len(text.splitlines()) > LONGEST_FILE:
        over.append(f"{len(text.splitlines())} lines")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and length(node) > LONGEST_FUNCTION:
            over.append(f"{node.name}: {length(node)} lines")
        if isinstance(node, ast.ClassDef):
            methods = [
                one
                for one in node.body
                if isinstance(one, ast.FunctionDef)
                and not one.name.startswith("_")
                and not any("property" in ast.unparse(mark) for mark in one.decorator_list)
            ]
            if length(node) > LONGEST_CLASS or len(methods) > MOST_METHODS:
                over.append(f"{node.name}: {length(node)} lines, {len(methods)} methods")
    assert not over


def test_only_few_places_catch_everything() -> None:
    catching = {
        str(file.relative_to(SOURCE))
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and not any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
    }
    # The keyring's backends raise what their systems do, under no common name.
    allowed = {"cli/main.py", "desktop/tasks.py", "importing/child.py", "storage/keychain.py"}
    assert catching <= allowed


def test_only_the_task_runner_knows_threads() -> None:
    words = ("import threading", "QThread", "processEvents", "time.sleep")
    found = {
        str(file.relative_to(SOURCE))
        for file in FILES
        if file.is_relative_to(SOURCE / "desktop")
        and any(word in file.read_text(encoding="utf-8") for word in words)
    }
    assert found <= {"desktop/tasks.py"}
