"""Every rule of the table in one list: where it is asked, how hard it is, and why if it is not."""

from __future__ import annotations

from dataclasses import dataclass

from icdmapper.texts import _
from icdmapper.upload.checks.mapping_table import (
    NO_GREY_CODES,
    TABLE_RULES,
    Asked,
    TableFinding,
    check_table,
)
from icdmapper.upload.checks.registry import RULES
from icdmapper.upload.checks.severities import Severity, effective
from icdmapper.upload.checks.stages import STAGED, Stage
from icdmapper.upload.config import UploadConfig
from icdmapper.upload.packages import VerifiedRelease
from icdmapper.upload.validation import OTHER_LAYOUT


@dataclass(frozen=True, slots=True)
class ListedRule:
    """A rule of the table as it stands under some settings.

    `note` says what becomes of what breaks it where that is not its severity, or, where the rule
    is not `asked`, why.
    """

    id: str
    stage: Stage
    severity: Severity
    sentence: str
    asked: bool = True
    note: str = ""


def listed(config: UploadConfig) -> tuple[ListedRule, ...]:
    """All rules by number.

    Raises:
        IcdMapperError: the settings name a rule that does not exist or always stops.
    """
    levels = effective(config.layout, config.severities)
    found = [
        ListedRule(one, staged.stage, levels[one], _(staged.sentence), note=_(staged.effect))
        for one, staged in STAGED.items()
    ]
    for table_rule in TABLE_RULES.values():
        asked = table_rule.id != "HQ-087" or bool(config.grey_codes)
        found.append(
            ListedRule(
                table_rule.id, Stage.RELEASE, levels[table_rule.id], _(table_rule.sentence),
                asked, "" if asked else _(NO_GREY_CODES),
            )
        )  # fmt: skip
    for rule in RULES.values():
        here = config.layout in rule.layouts
        note = "" if here else _(OTHER_LAYOUT)
        found.append(
            ListedRule(rule.id, Stage.RECORD, levels[rule.id], _(rule.sentence), here, note)
        )
    return tuple(sorted(found, key=lambda one: one.id))


def broken_rules(config: UploadConfig, release: VerifiedRelease) -> tuple[TableFinding, ...]:
    """The rules of the mapping table that a release breaks, what stops first.

    Raises:
        IcdMapperError: as `listed`.
    """
    return check_table(
        Asked(release, config.grey_codes), effective(config.layout, config.severities)
    )
