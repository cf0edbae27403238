"""The figures a pair is judged by."""

from __future__ import annotations

import numpy as np

from icdmapper.matching.features import slot_columns
from icdmapper.matching.slots import Outcome


def test_each_slot_says_by_itself_how_the_pair_stands() -> None:
    outcomes = np.array(
        [
            [Outcome.SAME, Outcome.ABSENT],
            [Outcome.LOCAL_FINER, Outcome.MISSING_LOCAL],
            [Outcome.CONTRADICTS, Outcome.CONTRADICTS],
        ],
        dtype=np.uint8,
    )
    columns = slot_columns(outcomes, ("site", "side"))
    assert columns["slots_contradicts"].tolist() == [0, 0, 2]
    site, side = columns["slot_site"], columns["slot_side"]
    assert site[0] > site[1] > site[2]
    # What the entry adds counts against it; nothing said on either side counts as nothing.
    assert (side[0], side[1] < 0, side[2] < side[1]) == (0, True, True)
