"""Fields that ask for others: allergy, readmission, way of leaving, rescue, blood, coma."""

from __future__ import annotations

import numpy as np

from icdmapper.texts import N_
from icdmapper.upload.checks.records import Records
from icdmapper.upload.checks.registry import Hits, rule
from icdmapper.upload.checks.shapes import within
from icdmapper.upload.columns import Mask
from icdmapper.upload.layouts import CSV, Purpose

_DRUGS, _ALLERGIC, _WAY, _OUTCOME = "P372", "C24C", "P741", "P323"
_DIED_WAY, _DIED_OUTCOME, _YES = "5", "4", "2"
_DRUG_REACTION = within("T88.6-T88.7")
_SURGERY, _INTERVENTION = "手术", "介入治疗"
_BLOOD_FEE = "P773"
_AFTER_BLOOD = ("P64", "P651", "P652", "P653", "P654", "P655")
_RH, _RH_KNOWN = "P63", ("1", "2")


@rule("HQ-042", N_("A drug allergy needs the names of the drugs."), layouts=(CSV,))
def allergy_names(records: Records) -> Hits:
    """RC037 2 is yes."""
    yield _DRUGS, records.is_one_of(_ALLERGIC, _YES) & ~records.filled(_DRUGS)


@rule(
    "HQ-043",
    N_("A drug reaction as main diagnosis needs the allergy and the drug."),
    layouts=(CSV,),
)
def drug_reaction(records: Records) -> Hits:
    """T88.6 and T88.7."""
    reaction = records.main(_DRUG_REACTION)
    yield _ALLERGIC, reaction & ~records.is_one_of(_ALLERGIC, _YES)
    yield _DRUGS, reaction & ~records.filled(_DRUGS)


@rule("HQ-044", N_("A planned readmission needs its purpose."))
def readmission(records: Records) -> Hits:
    """Within 31 days; RC028 2 is yes."""
    yield "P831", records.is_one_of("P830", _YES) & ~records.filled("P831")


@rule("HQ-045", N_("A transfer needs the name of the receiving institution."))
def receiving_place(records: Records) -> Hits:
    """Way 2 to a hospital, 3 to a community; the CSV layout has one field for both names."""
    hospital, community = records.filled("P742"), records.filled("P743")
    if not records.is_dbf:
        hospital = community = hospital | community
    yield "P742", records.is_one_of(_WAY, "2") & ~hospital
    yield "P743", records.is_one_of(_WAY, "3") & ~community


@rule("HQ-046", N_("An autopsy is stated although the patient did not die."))
def autopsy(records: Records) -> Hits:
    """Way of leaving 5 is death."""
    stated = records.filled("P57") & records.filled(_WAY)
    yield "P57", stated & ~records.is_one_of(_WAY, _DIED_WAY)


@rule("HQ-047", N_("Way of leaving and outcome disagree about death."))
def death(records: Records) -> Hits:
    """Way 5 and outcome 4 of the main diagnosis."""
    both = records.filled(_WAY) & records.filled(_OUTCOME)
    yield (
        _OUTCOME,
        both & (records.is_one_of(_WAY, _DIED_WAY) != records.is_one_of(_OUTCOME, _DIED_OUTCOME)),
    )


@rule("HQ-048", N_("The counts of rescues do not agree."))
def rescues(records: Records) -> Hits:
    """All succeeded, or all but the last when the patient died; both counts or neither."""
    tried, succeeded = records.number("P421"), records.number("P422")
    one_only = np.isnan(tried) != np.isnan(succeeded)
    failed = tried - succeeded
    last_failed = (failed == 1) & records.is_one_of(_WAY, _DIED_WAY)
    yield "P422", one_only | (~np.isnan(failed) & (failed != 0) & ~last_failed)


@rule(
    "HQ-050", N_("An operation or intervention needs level, surgeon and assistants."),
    layouts=(CSV,), needs_dictionary=True,
)  # fmt: skip
def surgeons(records: Records) -> Hits:
    """Of the main operation, by its attribute in the dictionary; a dash says there was none."""
    operated = _main_operation(records, _SURGERY, _INTERVENTION)
    for field in ("P820", "P495", "P496", "P497"):
        yield field, operated & ~records.given(field)


@rule(
    "HQ-051", N_("An operation needs incision class, anaesthesia and anaesthetist."),
    layouts=(CSV,), needs_dictionary=True,
)  # fmt: skip
def anaesthesia(records: Records) -> Hits:
    """Of the main operation, when the dictionary calls it 手术."""
    operated = _main_operation(records, _SURGERY)
    for field in ("P499", "P498", "P4910"):
        yield field, operated & ~records.given(field)


@rule(
    "HQ-052",
    N_("A blood fee needs transfusion reaction, volumes and the Rh group."),
    layouts=(CSV,),
)
def blood(records: Records) -> Hits:
    """0 or a dash where nothing was given; Rh negative or positive."""
    paid = records.number(_BLOOD_FEE) > 0
    for field in _AFTER_BLOOD:
        yield field, paid & ~records.given(field)
    yield _RH, paid & ~records.is_one_of(_RH, *_RH_KNOWN)


@rule("HQ-053", N_("An anaesthesia is stated without its fee."))
def anaesthesia_fee(records: Records) -> Hits:
    """Of the main operation."""
    yield "P764", records.filled("P498") & ~(records.number("P764") > 0)


@rule("HQ-063", N_("Times of coma: minutes below 60, hours below 24, nothing below 0."))
def coma(records: Records) -> Hits:
    """The DBF layout has no days, so its hours may exceed 23."""
    limits = {"P732": 60.0, "P734": 60.0, "P731": 24.0, "P733": 24.0, "C28": None, "C31": None}
    for field, limit in limits.items():
        value = records.number(field)
        wrong: Mask = value < 0
        if limit and not (records.is_dbf and limit == 24):
            wrong |= value >= limit
        yield field, wrong


def _main_operation(records: Records, *kinds: str) -> Mask:
    known = records.dictionary.operation_kinds if records.dictionary else {}
    wanted = frozenset(kinds)
    cells = records.grid(Purpose.OPERATION).where(
        lambda code: not wanted.isdisjoint(known.get(code, ()))
    )
    first: Mask = cells[0]
    return first
