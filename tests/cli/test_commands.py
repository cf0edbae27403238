"""Every command: what it prints, what it keeps, how it ends."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from helpers.files import write_lists
from icdmapper.cli.commands import COMMANDS
from icdmapper.cli.main import main

MANUAL = Path(__file__).parents[2] / "docs" / "cli.md"


class Console:
    """The console on one project, in English, answers as JSON."""

    def __init__(self, project: Path, capture: pytest.CaptureFixture[str]) -> None:
        self._project, self._capture = project, capture

    def __call__(self, *words: str, code: int = 0, by: str = "编码员甲") -> Any:
        command = [*words, "--json", "--language", "en", "--person", by]
        if words[0] != "match":
            command += ["--project", str(self._project)]
        assert main(command) == code, self._capture.readouterr().err
        return json.loads(self._capture.readouterr().out)


@pytest.fixture
def console(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Console:
    return Console(tmp_path / "项目.icdm", capsys)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that needs the lists imported leaves them for the others."""
    return tmp_path_factory.mktemp("lists") / "imported"


@pytest.fixture
def filled(console: Console, tmp_path: Path, imported: Path) -> Console:
    if imported.exists():
        shutil.copytree(imported, tmp_path, dirs_exist_ok=True)
        return console
    reference, procedures, local = map(str, write_lists(tmp_path))
    console("import-reference", reference, "--name", "北京临床版", "--edition", "v601")
    console("import-reference", procedures)
    console("import-local", local, code=1)  # one row has no code
    shutil.copytree(tmp_path, imported)
    return console


def test_the_whole_flow_from_import_to_export(filled: Console, tmp_path: Path) -> None:
    shown = filled("show")
    assert [(one["system"], one["size"]) for one in shown["code_sets"]] == [
        ("RC020", 10), ("RC021", 2), ("RC022", 3), (None, 6),
    ]  # fmt: skip
    assert filled("propose")["proposed"] == 6
    accepted = filled("decide", "--safe")
    assert accepted["accepted"] >= 2
    filled("decide", "34.0951", "--to", "34.09010", "--relation", "local_finer", "--note", "归类")
    filled("decide", "D38.201", "--no-counterpart", "--note", "标准无此条")
    report = filled("export", str(tmp_path / "out"))
    with (Path(report["folder"]) / "mapping.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["local_code"]: row for row in csv.DictReader(stream)}
    assert rows["34.0951"]["target_code"] == "34.09010"
    assert rows["34.0951"]["relation"] == "local_finer"
    assert rows["A00.951"]["target_code"] == "A00.901"
    assert rows["D38.201"]["state"] == "no_counterpart"


def test_an_import_tells_its_problems_with_their_place(console: Console, tmp_path: Path) -> None:
    local = write_lists(tmp_path)[2]
    answer = console("import-local", str(local), "--dry-run", code=1)
    assert answer["code_sets"] == []
    errors = [one for one in answer["problems"] if one["severity"] == "error"]
    assert [(one["row"], one["column"]) for one in errors] == [(8, "院内编码")]
    assert "没有编码" in errors[0]["sentence"]
    assert console("show")["code_sets"] == []


def test_a_new_edition_is_compared_written_down_and_signed(filled: Console, tmp_path: Path) -> None:
    filled("decide", "I63.951", "--to", "I63.902", "--relation", "equivalent")
    file = tmp_path / "local_2026.csv"
    text = file.read_text(encoding="utf-8").replace("I63.951,脑梗塞", "I63.951,陈旧性脑梗塞")
    file.write_text(text, encoding="utf-8")
    written = tmp_path / "变化.csv"
    told = filled("import-local", str(file), "--compare", str(written))
    assert told["needs_signature"]
    assert told["counts"] == {"unchanged": 5, "renamed": 1}
    assert told["outcomes"] == {"reopened": 1, "open": 5}
    (change,) = told["changes"]
    assert (change["old_name"], change["new_name"]) == ("脑梗塞", "陈旧性脑梗塞")
    with written.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 6
    assert [row["why"] for row in rows if row["outcome"] == "reopened"] == ["name_changed"]
    filled("import-local", str(file), "--compare", str(written), code=3)  # it is there already
    filled("import-local", str(file), code=3)
    filled("import-local", str(file), "--sign", "别人", code=3)
    assert filled("show", "I63.951")["mapping"]["state"] == "decided"
    filled("import-local", str(file), "--sign", "编码员甲", code=1)
    shown = filled("show", "I63.951")
    assert (shown["mapping"]["state"], shown["history"][-1]["act"]) == ("open", "edition_changed")
    assert filled("refine", "adoption") == []
    new, old = [one["id"] for one in filled("editions") if one["system"] is None]
    beside = filled("editions", str(old), str(new), "--out", str(tmp_path / "版本.csv"))
    assert beside["counts"] == {"unchanged": 5, "renamed": 1}
    assert [one["old_name"] for one in beside["changes"]] == ["脑梗塞"]

    seen = filled("editions", "--take-back", str(new), "--dry-run")
    assert (seen["possible"], seen["restored"], seen["in_use"]) == (True, ["I63.951"], old)
    filled("decide", "I63.951", "--to", "I63.902", "--relation", "equivalent")
    filled("editions", "--take-back", str(new), code=3)
    filled("decide", "--undo")
    assert filled("editions", "--take-back", str(new))["taken_back"]
    shown = filled("show", "I63.951")
    assert (shown["mapping"]["state"], shown["history"][-1]["act"]) == (
        "decided", "edition_recalled",
    )  # fmt: skip
    assert (tmp_path / "版本.csv").exists()


def test_a_first_list_is_taken_back_and_imported_again(filled: Console, tmp_path: Path) -> None:
    (local,) = [str(one["id"]) for one in filled("editions") if one["system"] is None]
    seen = filled("editions", "--take-back", local, "--dry-run")
    assert (seen["possible"], seen["in_use"], seen["restored"]) == (True, None, [])
    filled("decide", "I63.951", "--to", "I63.902", "--relation", "equivalent")
    assert filled("editions", "--take-back", local, "--dry-run")["in_the_way"] == ["I63.951"]
    filled("editions", "--take-back", local, code=3)
    filled("decide", "--undo")
    assert filled("editions", "--take-back", local)["taken_back"]
    assert [one["in_use"] for one in filled("editions") if one["system"] is None] == [False]
    filled("show", "I63.951", code=7)
    filled("decide", "--redo", code=3)  # The answer is not done again onto a list out of use.
    filled("import-local", str(tmp_path / "local_2026.csv"), code=1)
    assert filled("show", "I63.951")["mapping"]["state"] == "open"


def test_a_decision_can_be_shown_undone_redone_and_reopened(filled: Console) -> None:
    filled("decide", "I63.951", "--to", "I63.902", "--relation", "equivalent")
    assert filled("show", "I63.951")["mapping"]["state"] == "decided"
    assert filled("decide", "--undo")[0]["state"] == "open"
    assert filled("decide", "--redo")[0]["state"] == "decided"
    assert filled("decide", "I63.951", "--reopen")[0]["state"] == "open"
    history = filled("show", "I63.951")["history"]
    assert [event["act"] for event in history] == ["decided", "undone", "redone", "reopened"]
    assert {event["by"] for event in history} == {"编码员甲"}


def test_the_first_candidate_can_be_taken(filled: Console) -> None:
    decided = filled("decide", "A00.951", "--first")[0]
    assert decided["targets"][0]["code"] == "A00.901"


def test_search_and_ask(filled: Console) -> None:
    assert [hit["code"] for hit in filled("search", "cxxngs")] == ["I63.905"]
    assert filled("search", "没有这个词") == []
    assert filled("search", "脑梗塞", "--side", "local")[0]["code"] == "I63.951"
    assert filled("propose", "霍乱")[0]["code"] == "A00.901"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("decide", "I63.951", "--to", "34.09010", "--relation", "equivalent"), 3),
        (("decide", "I63.951", "--to", "I63", "--relation", "equivalent"), 3),
        (("decide", "I63.951", "--to", "I63.902"), 3),
        (("decide", "--undo"), 3),
        (("decide", "X99.999", "--first"), 7),
        (("decide", "I63.951", "--to", "Z99.999", "--relation", "equivalent"), 7),
        (("import-reference", "没有这个文件.csv"), 6),
    ],
)
def test_what_is_refused_has_its_exit_code_and_changes_nothing(
    filled: Console, words: tuple[str, ...], code: int
) -> None:
    answer = filled(*words, code=code)
    assert answer["exit_code"] == code
    assert answer["error"]
    assert filled("show")["decided"] == 0


def test_a_damaged_project_has_its_own_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.icdm"
    file.write_bytes(b"x" * 9000)
    assert Console(file, capsys)("show", code=8)["exit_code"] == 8
    checks = Console(file, capsys)("doctor", code=1)
    assert [check["check"] for check in checks if not check["ok"]] == ["project"]


def test_wrong_usage_ends_with_2() -> None:
    with pytest.raises(SystemExit) as end:
        main(["nonsense"])
    assert end.value.code == 2


def test_a_bug_ends_with_2_and_shows_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from icdmapper.cli.commands import show  # noqa: PLC0415

    monkeypatch.setattr(show, "opened", lambda *_args: 1 / 0)
    assert main(["show", "--language", "en"]) == 2
    shown = capsys.readouterr()
    assert "The program failed" in shown.err
    assert "Traceback" not in shown.out


def test_match_needs_no_project_and_writes_one_block_per_query(
    console: Console, tmp_path: Path
) -> None:
    reference, procedures, local = map(str, write_lists(tmp_path))
    out = tmp_path / "out.csv"
    answer = console("match", reference, procedures, local, "--out", str(out), "--top", "5")
    assert (answer["queries"], answer["references"]) == (7, 15)
    with out.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == [
        "query_row", "query_code", "query_name", "rank", "code", "name", "score", "relation",
        "contradictions", "companions",
    ]  # fmt: skip
    blocks: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        blocks.setdefault(row["query_row"], []).append(row)
    for block in blocks.values():
        assert [int(row["rank"]) for row in block] == list(range(1, len(block) + 1))
        assert len({row["name"] for row in block}) == len(block) <= 5
        scores = [float(row["score"]) for row in block]
        assert scores == sorted(scores, reverse=True)
    assert blocks["3"][0]["name"] == "霍乱"
    assert {row["code"][:2] for row in blocks["5"]} <= {"34", "47"}


def test_match_takes_names_alone_and_learns_from_decisions(
    console: Console, tmp_path: Path
) -> None:
    reference = str(write_lists(tmp_path)[0])
    queries = tmp_path / "names.csv"
    queries.write_text("name\n院内土话病\n霍乱\n", encoding="utf-8")
    taught = tmp_path / "taught.csv"
    taught.write_text("local_name,reference_name\n院内土话病,出血性脑梗死\n", encoding="utf-8")
    out = tmp_path / "out.csv"
    answer = console("match", reference, str(queries), "--out", str(out), "--taught", str(taught))
    assert answer["taught"] == 1
    with out.open(encoding="utf-8", newline="") as stream:
        best = {
            row["query_row"]: row["name"] for row in csv.DictReader(stream) if row["rank"] == "1"
        }
    assert best == {"1": "出血性脑梗死", "2": "霍乱"}


def test_an_unknown_setting_is_an_error_with_a_suggestion(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('langauge = "en"\n', encoding="utf-8")
    assert main(["show", "--settings", str(file)]) == 2
    assert "language" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_manual(command: str) -> None:
    assert f"icdmapper-cli {command}" in MANUAL.read_text(encoding="utf-8")


def test_two_people_check_each_other_and_the_log_is_sound(
    filled: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled("decide", "34.0951", "--to", "34.09010", "--relation", "local_finer")
    monkeypatch.setenv("ICDMAPPER_NEW_PIN", "428571")
    filled("people", "add", "协调员丁", "coordinator", "--pin")
    filled("people", "list")
    filled("review", "agree", "34.0951", code=3)  # nobody said who they are
    monkeypatch.setenv("ICDMAPPER_PIN", "428571")
    as_head = Person(filled, "协调员丁")
    as_head("people", "add", "复核员乙", "checker", "--pin")
    as_head("people", "add", "临床医师丙", "clinician", "--pin")
    as_head("review", "agree", "34.0951", code=3)
    checker = Person(filled, "复核员乙")
    (waiting,) = checker("review", "queue", "--blind")["rows"]
    assert "mapping" not in waiting
    own = ("--to", "34.09010", "--relation", "local_finer", "--blind")
    assert checker("review", "check", "34.0951", *own)["state"] == "checked"
    assert filled("review", "figures")["blind"]["agreed"] == 1
    checker("decide", "--undo")
    assert checker("review", "queue")["waiting"] == 1
    assert checker("review", "agree", "34.0951")["state"] == "checked"
    as_head("assign", "give", "编码员甲", "--department", "肿瘤科", code=7)
    assert checker("review", "dispute", "34.0951", "--text", "左侧?")["state"] == "disputed"
    clinician = Person(filled, "临床医师丙")
    clinician("review", "say", "34.0951", "--text", "左侧无单独条目")
    settled = clinician("review", "settle", "34.0951", "--option", "1", "--text", "归入 34.09010")
    assert settled["state"] == "settled"
    assert filled("review", "disputes") == []
    report = filled("audit", "verify")
    assert report["sound"]
    assert filled("audit", "verify", "--anchor", report["anchor"])["sound"]
    filled("audit", "verify", "--anchor", f"{report['events']}:{'0' * 64}", code=1)
    by_checker = filled("audit", "list", "--by", "复核员乙")
    assert [one["act"] for one in by_checker] == [
        "disputed", "checked", "undone", "checked",
    ]  # fmt: skip
    assert filled("audit", "export", str(tmp_path / "审计.csv"))["acts"] == report["events"]


class Person:
    """The console as somebody else uses it."""

    def __init__(self, console: Console, name: str) -> None:
        self._console, self._name = console, name

    def __call__(self, *words: str, code: int = 0) -> Any:
        return self._console(*words, by=self._name, code=code)


def test_a_coarse_code_is_refined_from_the_console(filled: Console, tmp_path: Path) -> None:
    offered = [one["code"] for one in filled("refine", "offers", "D38.201")]
    assert offered
    entries = ["A00.901", "I63.902"]
    started = filled(
        "refine", "start", "D38.201", "--to", entries[0], "--to", entries[1],
        "--effective", "2026-04-01",
    )  # fmt: skip
    assert len(started["children"]) == 2
    for number in (1, 2):
        filled("refine", "child", "D38.201", str(number), "--name", f"胸膜肿瘤{number}型")
    shown = filled("refine", "show", "D38.201")
    assert [one["name"] for one in shown["children"]] == ["胸膜肿瘤1型", "胸膜肿瘤2型"]
    filled("refine", "drop", "D38.201")
    filled("refine", "show", "D38.201", code=7)
    filled("refine", "changes", str(tmp_path / "his"), code=3)


def test_rules_of_judgement_are_told_and_waived(filled: Console) -> None:
    filled("decide", "34.0951", "--to", "34.09010", "--relation", "local_finer")
    assert filled("judge")["answers"] >= 0
    found = filled("judge", "34.0951")
    for one in found:
        filled("judge", "34.0951", "--waive", one["rule"], "--reason", "临床确认")
    assert all(one["waived_by"] == "编码员甲" for one in filled("judge", "34.0951"))
    filled("judge", "34.0951", "--waive", "no.such_rule", "--reason", "x", code=3)


def test_the_answers_that_break_a_rule_are_listed(filled: Console) -> None:
    filled("decide", "34.0951", "--to", "34.09010", "--relation", "equivalent")
    for one in filled("judge")["rules"]:
        listed = filled("judge", "--rule", one["rule"])
        assert len(listed) == one["count"]
        assert {found["local_code"] for found in listed} == {"34.0951"}


def test_codes_are_retired_together_and_come_back(filled: Console) -> None:
    retired = filled("retire", "I63.951", "34.0951", "--reason", "HIS 已停用")
    assert [one["state"] for one in retired] == ["retired", "retired"]
    assert filled("show", "I63.951")["history"][-1]["act"] == "retired"
    filled("retire", "I63.951", "--reason", "又一次", code=3)
    assert [one["state"] for one in filled("decide", "--undo")] == ["open", "open"]


def test_a_copy_is_merged_with_a_word_about_each_conflict(filled: Console, tmp_path: Path) -> None:
    copy = tmp_path / "副本.icdm"
    filled("project", "copy", str(copy))
    there = Console(copy, filled._capture)
    filled("decide", "I63.951", "--no-counterpart", "--note", "未找到")
    filled("decide", "34.0951", "--no-counterpart", "--note", "未找到")
    there("decide", "I63.951", "--to", "I63.902", "--relation", "equivalent")
    there("decide", "34.0951", "--to", "34.09010", "--relation", "local_finer", "--note", "归类")
    found = filled("project", "merge", str(copy))
    assert found["rows"]["conflict"] == 2
    assert {one["theirs"]["state"] for one in found["conflicts"]} == {"decided"}
    filled("project", "merge", str(copy), "--store", "--theirs", "I63.951")
    assert filled("show", "I63.951")["mapping"]["targets"][0]["code"] == "I63.902"
    assert filled("show", "34.0951")["mapping"]["state"] == "disputed"
    filled("project", "merge", str(copy), "--store", "--ours", "I63.951", code=7)
    assert len(filled("decide", "--undo")) == 2


def test_an_answer_is_passed_on_only_where_it_may(filled: Console) -> None:
    filled("propose")
    filled("decide", "I63.951", "--to", "I63.902", "--relation", "equivalent")
    found = filled("propagate", "I63.951")
    assert (found["stored"], found["rows"]) == (False, [])
    filled("propagate", "I63.951", "--store", code=3)
    filled("propagate", "34.0951", code=3)
    assert filled("propagate", "I63.951", "--standing") == []
    filled("propagate", "I63.951", "--revoke", "34.0951", code=7)
