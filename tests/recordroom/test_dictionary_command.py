"""``recordroom dictionary check`` on files as a site writes them."""

from pathlib import Path

from click.testing import CliRunner

import config
from recordroom.commands.dictionary import dictionary

BURNS = """
id = "burns"
title = "Burn registry"
version = "2026"
word = "BRN"

[[section]]
id = "burn"
title = "Burn"

[[section.item]]
id = "depth"
label = "Depth"
type = "code"
table = "burn_depth"
"""
DEPTHS = 'id = "burn_depth"\ntitle = "Depth"\nrows = [\n  { code = "1", text = "Superficial" },\n]\n'


def check(*arguments: object) -> tuple[str, int]:
    result = CliRunner().invoke(dictionary, ["check", *map(str, arguments)])
    return result.output, result.exit_code


class TestDictionaryCheck:
    def test_a_sound_dictionary_is_named_with_its_version(self, tmp_path: Path):
        (tmp_path / "burns.toml").write_text(BURNS)
        (tmp_path / "tables").mkdir()
        (tmp_path / "tables" / "burn_depth.toml").write_text(DEPTHS)
        output, status = check(tmp_path / "burns.toml", "--tables", tmp_path / "tables")
        assert output == "burns.toml: Burn registry, version 2026, 1 items, no mistakes.\n"
        assert status == 0

    def test_a_mistake_is_one_line_with_its_place(self, tmp_path: Path):
        (tmp_path / "burns.toml").write_text(BURNS)
        output, status = check(tmp_path / "burns.toml")
        assert output == "burns.toml line 15, item depth: there is no code table 'burn_depth'.\n"
        assert status == 1

    def test_a_table_with_a_mistake_is_told_too(self, tmp_path: Path):
        (tmp_path / "burns.toml").write_text(BURNS)
        (tmp_path / "burn_depth.toml").write_text(DEPTHS.replace("text", "txt"))
        output, status = check(tmp_path / "burns.toml", "--tables", tmp_path)
        assert output.startswith("burn_depth.toml line 4, row 1: text is missing.\n")
        assert status == 1

    def test_shipped_dictionaries_have_no_mistakes(self):
        shipped = sorted((Path(config.__file__).parent / "dictionaries").glob("*.toml"))
        output, status = check(*shipped)
        assert output.count("no mistakes.") == len(shipped)
        assert status == 0

    def test_a_file_that_is_not_there_is_a_usage_error(self, tmp_path: Path):
        _, status = check(tmp_path / "none.toml")
        assert status == 2
