"""One settings file, every key known, every value of its type."""

from pathlib import Path

import pytest

from icdmapper.model.errors import IcdMapperError
from icdmapper.settings import Settings, load, save


def written(folder: Path, text: str) -> Path:
    file = folder / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load(tmp_path / "none.toml") == Settings()


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    file = written(tmp_path, 'hospital = "示例医院"\ncandidate_limit = 20\n')
    chosen = load(file)
    assert (chosen.hospital, chosen.candidate_limit) == ("示例医院", 20)
    assert chosen.language == Settings().language


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('langauge = "en"', "language"),
        ("colour = 1", "colour"),
        ('candidate_limit = "many"', "int"),
        ("candidate_limit = true", "int"),
        ("hospital = ", "cannot be read"),
    ],
)
def test_a_mistake_is_told_with_the_key(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(IcdMapperError, match=told):
        load(written(tmp_path, text))


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    chosen = Settings(hospital='示例"医院"', candidate_limit=20, release_coverage=0.5)
    save(tmp_path / "new" / "settings.toml", chosen)
    assert load(tmp_path / "new" / "settings.toml") == chosen
    assert "language" not in (tmp_path / "new" / "settings.toml").read_text(encoding="utf-8")
