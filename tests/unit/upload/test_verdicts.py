"""What the receiver's result proves about a package, and what it does not."""

from dataclasses import replace

import pytest

from helpers.builders import MOMENT
from icdmapper.model.sending import Feedback, PackageState, Stage, StoredPackage, Trouble
from icdmapper.upload.gateway import Result, read_feedback
from icdmapper.upload.verdicts import Verdict, judge, settled, shown_before

ONE = StoredPackage(
    1, "k", "a.zip", "0" * 64, 10, "DBF346", 3, PackageState.SENDING, MOMENT, before="7"
)
HAS, ABSENT, CANNOT_SAY = Verdict.HAS, Verdict.ABSENT, Verdict.CANNOT_SAY


def shown(number: str) -> Result:
    return Result(Feedback(Stage.DONE, result_id=number))


@pytest.mark.parametrize(
    ("result", "before", "receipt", "newest_try", "verdict"),
    [
        # The newest result is still the one from before the try: nothing arrived.
        (shown("7"), "7", "", True, ABSENT),
        (shown("8"), "7", "", True, HAS),
        (shown("8"), "", "", True, HAS),
        # Something else was tried since: the newest result proves nothing of this one.
        (shown("7"), "7", "", False, CANNOT_SAY),
        (shown("8"), "7", "", False, CANNOT_SAY),
        # A receipt proves it at any time.
        (shown("8"), "7", "8", False, HAS),
        (shown("8"), None, "8", True, HAS),
        (shown("9"), "7", "8", False, CANNOT_SAY),
        # It was not known what was shown before.
        (shown("8"), None, "", True, CANNOT_SAY),
        (shown(""), "7", "", True, CANNOT_SAY),
        # The receiver has nothing at all: believed only if it had nothing before.
        (Result(absent=True), "", "", True, ABSENT),
        (Result(absent=True), "7", "", True, CANNOT_SAY),
        (Result(absent=True), None, "", True, CANNOT_SAY),
        (Result(absent=True), "", "", False, CANNOT_SAY),
        (Result(mute=True), "7", "", True, CANNOT_SAY),
        (Result(), "7", "", True, CANNOT_SAY),
        (Result(), "", "", True, CANNOT_SAY),
        # A receiver that names packages.
        (Result(name="a.zip"), None, "", False, HAS),
        (Result(name="a.zip", absent=True), None, "", False, ABSENT),
        (Result(name="b.zip", absent=True), None, "", True, CANNOT_SAY),
    ],
)
def test_in_doubt_the_receiver_cannot_say(
    result: Result, before: str | None, receipt: str, newest_try: bool, verdict: Verdict
) -> None:
    feedback = Feedback(Stage.UPLOADED, result_id=receipt) if receipt else None
    one = replace(ONE, before=before, feedback=feedback)
    assert judge(result, one, newest_try=newest_try) is verdict


def test_what_is_noted_before_a_try() -> None:
    assert shown_before(shown("7")) == "7"
    assert shown_before(shown("")) is None
    assert shown_before(Result(absent=True)) == ""
    assert shown_before(Result()) == ""
    assert shown_before(Result(mute=True)) is None


@pytest.mark.parametrize(
    ("stage", "total", "state", "trouble"),
    [
        (Stage.DONE, 3, PackageState.ACCEPTED, Trouble.NONE),
        (Stage.DONE, None, PackageState.ACCEPTED, Trouble.NONE),
        (Stage.DONE, 2, PackageState.UNKNOWN, Trouble.COUNT_DIFFERS),
        (Stage.REPEATED, None, PackageState.ACCEPTED, Trouble.NONE),
        (Stage.REPEATED, 4, PackageState.UNKNOWN, Trouble.COUNT_DIFFERS),
        (Stage.FAILED, 0, PackageState.REJECTED, Trouble.NONE),
        *[(stage, 0, PackageState.RECEIVED, Trouble.NONE) for stage in Stage if stage < 4],
    ],
)
def test_what_a_feedback_makes_of_its_package(
    stage: Stage, total: int | None, state: PackageState, trouble: Trouble
) -> None:
    assert settled(Feedback(stage, total=total), ONE) == (state, trouble)


def test_feedback_is_read_with_numbers_as_text_too() -> None:
    said = read_feedback(
        {
            "id": 41, "status": "4", "errormsg": "好",
            "checkgrade": {"grade0": "1", "grade1": 0, "grade2": "0", "grade3": 2,
                           "stocked": "2", "total": 3, "grade": "3"},
        }
    )  # fmt: skip
    assert said == Feedback(Stage.DONE, (1, 0, 0, 2), 2, 3, 3, "41", "", "好")


@pytest.mark.parametrize("broken", [None, [], "4", {}, {"status": 9}, {"status": True}])
def test_what_is_no_feedback_is_none(broken: object) -> None:
    assert read_feedback(broken) is None


def test_the_platforms_words_stay_out_of_a_printed_feedback() -> None:
    said = read_feedback({"status": 5, "errormsg": "张三 110101199003070000", "id": "x\ny"})
    assert said is not None
    assert "张三" not in repr(said)
    assert said.result_id == ""
