"""Make the shipped weights of the ranking from the tune part of the evaluation tasks.

    python -m benchmarks.train --data DIR

Needs `catboost` beside the dev requirements; the product itself does not. What is written to
`resources/matching/` are figures only: a weight per character or character pair, the splits and
values of small trees over named features, and the curve from score to share of right answers.
"""

from __future__ import annotations

import argparse
import json
import random
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.optimize
import scipy.sparse as sp

from benchmarks.tasks import Row, Task, load_tasks
from icdmapper.matching.features import RIVAL_FEATURES, TEXT_FEATURES
from icdmapper.matching.kinship import KINSHIP_FEATURES
from icdmapper.matching.knowledge import Knowledge, load_knowledge
from icdmapper.matching.library import Books
from icdmapper.matching.memory import MEMORY_FEATURES
from icdmapper.matching.places import PLACE_FEATURES
from icdmapper.matching.ranking import CODED, NAMED, UNTRAINED, Ranking, read_ranking
from icdmapper.matching.shelf import CLOSE, Pairs, Shelf
from icdmapper.paths import shipped

FOLDS = 3
KEEP = CLOSE
BLOCK = 256
GRAM_PENALTY = 2.0
SMALLEST_WEIGHT = 0.02
TREES = 300
DEPTH = 6
LEARNING_RATE = 0.1
_STARTED = time.monotonic()


@dataclass
class Lesson:
    """All pairs of one task's tune rows with their figures and what was right."""

    columns: dict[str, np.ndarray]
    right: np.ndarray
    row: np.ndarray
    fold: np.ndarray
    grams: sp.csr_matrix
    """Per pair: grams in both names, only in the local, only in the reference; shared columns."""


class GramNumbers:
    """One number per gram over all shelves."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def of(self, shelf: Shelf) -> np.ndarray:
        grams = [*shelf.spaces.standard.grams, *shelf.spaces.pairs.grams]
        return np.array([self.numbers.setdefault(gram, len(self.numbers)) for gram in grams])


def lesson(situation: str, rows: Sequence[Row], shelf: Shelf, numbers: GramNumbers) -> Lesson:
    """Search every row on an untrained shelf and note which pair was right."""
    parts: list[Pairs] = []
    grams: list[sp.csr_matrix] = []
    offsets: list[int] = []
    mapping = numbers.of(shelf)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        asked = shelf.measure([(row.name, row.code) for row in block])
        pairs = shelf.search(asked, situation, KEEP)
        parts.append(pairs)
        offsets.append(start)
        grams.append(_gram_sets(shelf, asked.measured, pairs, mapping))
    row = np.concatenate([part.rows + at for part, at in zip(parts, offsets, strict=True)])
    names = np.array(
        [name.strip() for part in parts for _, _, name, _ in shelf.heads_of(part.targets)]
    )
    gold = np.array([one.gold for one in rows])
    columns = {
        name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns
    }
    fold = np.array([fold_of(one) for one in rows])
    nothing = np.zeros(len(row), dtype=np.float32)
    columns |= {name: nothing for name in MEMORY_FEATURES if name not in columns}
    width = 3 * 400_000
    stacked = sp.vstack([_widened(matrix, width) for matrix in grams]).tocsr()
    return Lesson(columns, (names == gold[row]).astype(np.float32), row, fold[row], stacked)


def taught(situation: str, task: Task, shelf: Shelf, numbers: GramNumbers) -> list[Lesson]:
    """The rows once more, fold by fold, with the other folds as the hospital's decisions."""
    ids = task.id_of()
    lessons = []
    for fold in range(FOLDS):
        mine = [row for row in task.tune() if fold_of(row) == fold]
        decided = [row for row in task.tune() if fold_of(row) != fold]
        shelf.teach([(row.name, ids[row.gold], True) for row in decided])
        lessons.append(lesson(situation, mine, shelf, numbers))
    shelf.teach([])
    return lessons


def fold_of(row: Row) -> int:
    """Rows of one name stay in one fold."""
    return zlib.crc32(row.name.encode()) % FOLDS


def _gram_sets(shelf: Shelf, measured: Any, pairs: Pairs, mapping: np.ndarray) -> sp.csr_matrix:
    local = measured.held.matrix[pairs.rows]
    texts = shelf.text[pairs.targets]
    other = shelf.names.held.matrix[texts]
    both = local.multiply(other).tocsr()
    parts = [both, (local - both).tocsr(), (other - both).tocsr()]
    found = []
    for number, part in enumerate(parts):
        part.eliminate_zeros()
        coo = part.tocoo()
        found.append((coo.row, mapping[coo.col] * 3 + number))
    rows = np.concatenate([row for row, _ in found])
    columns = np.concatenate([column for _, column in found])
    shape = (len(pairs.rows), int(columns.max()) + 1)
    return sp.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)


def _widened(matrix: sp.csr_matrix, width: int) -> sp.csr_matrix:
    return sp.csr_matrix((matrix.data, matrix.indices, matrix.indptr), (matrix.shape[0], width))


def joined(lessons: Sequence[Lesson]) -> Lesson:
    """Several tasks as one, with rows numbered on."""
    rows, base = [], 0
    for one in lessons:
        rows.append(one.row + base)
        base += int(one.row.max()) + 1
    return Lesson(
        {
            name: np.concatenate([one.columns[name] for one in lessons])
            for name in lessons[0].columns
        },
        np.concatenate([one.right for one in lessons]),
        np.concatenate(rows),
        np.concatenate([one.fold for one in lessons]),
        sp.vstack([one.grams for one in lessons]).tocsr(),
    )


def learn_grams(
    grams: sp.csr_matrix, dense: np.ndarray, right: np.ndarray, row: np.ndarray
) -> np.ndarray:
    """Weights under which the right pair of each row is the likeliest (penalised softmax)."""
    answered = np.zeros(int(row.max()) + 1, dtype=bool)
    answered[row[right > 0]] = True
    keep = answered[row]
    grams, dense, right = grams[keep], dense[keep], right[keep]
    _, group = np.unique(row[keep], return_inverse=True)
    starts = np.searchsorted(group, np.arange(group.max() + 1))
    wanted = right / np.add.reduceat(right, starts)[group]
    used = np.unique(grams.indices)
    small = grams[:, used].tocsr()
    turned = small.T.tocsr()
    width = len(used)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        score = small @ weights[:width].astype(np.float32) + dense @ weights[width:]
        score = score - np.maximum.reduceat(score, starts)[group]
        likely = np.exp(score)
        likely /= np.add.reduceat(likely, starts)[group]
        value = -float(wanted @ np.log(likely + 1e-12))
        value += GRAM_PENALTY / 2 * float(weights[:width] @ weights[:width])
        value += 0.01 * float(weights[width:] @ weights[width:])
        error = likely - wanted
        slope = np.r_[
            turned @ error.astype(np.float32) + GRAM_PENALTY * weights[:width],
            dense.T @ error + 0.02 * weights[width:],
        ]
        return value, slope

    start = np.zeros(width + dense.shape[1])
    found = scipy.optimize.minimize(
        loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 40}
    )
    weights = np.zeros(grams.shape[1], dtype=np.float32)
    weights[used] = found.x[:width]
    weights[np.abs(weights) < SMALLEST_WEIGHT] = 0
    return np.round(weights, 3)


def with_grams(lessons: Lesson) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The gram columns, each row judged by weights that have not seen it; and final weights."""
    plain = {*KINSHIP_FEATURES, *TEXT_FEATURES, *RIVAL_FEATURES, *PLACE_FEATURES}
    base = [name for name in sorted(lessons.columns) if name in plain or name.startswith("slots_")]
    dense = np.stack([lessons.columns[name] for name in base], axis=1)
    dense = (dense - dense.mean(axis=0)) / (dense.std(axis=0) + 1e-6)
    total = np.zeros(len(lessons.right), dtype=np.float32)
    cold = lessons.columns["memory_size"] == 0
    for fold in range(FOLDS):
        others = (lessons.fold != fold) & cold
        weights = learn_grams(
            lessons.grams[others], dense[others], lessons.right[others], lessons.row[others]
        )
        mine = lessons.fold == fold
        total[mine] = lessons.grams[mine] @ weights
    final = learn_grams(lessons.grams[cold], dense[cold], lessons.right[cold], lessons.row[cold])
    best = np.full(int(lessons.row.max()) + 1, -np.inf, dtype=np.float32)
    np.maximum.at(best, lessons.row, total)
    columns = dict(lessons.columns, grams=total, grams_gap=total - best[lessons.row])
    return columns, final


def learn_trees(
    columns: dict[str, np.ndarray], right: np.ndarray, row: np.ndarray
) -> tuple[list[str], Any]:
    """Symmetric trees that make the right pair of each row the likeliest."""
    import catboost  # noqa: PLC0415 - only who trains needs it

    names = [name for name in sorted(columns) if np.ptp(columns[name]) > 0]
    table = np.stack([columns[name] for name in names], axis=1)
    model = catboost.CatBoost(
        {
            "loss_function": "PairLogit",
            "iterations": TREES,
            "depth": DEPTH,
            "learning_rate": LEARNING_RATE,
            "l2_leaf_reg": 3,
            "border_count": 64,
            "boosting_type": "Plain",
            "bootstrap_type": "Bernoulli",
            "subsample": 0.7,
            "rsm": 0.4,
            "random_seed": 7,
            "thread_count": 2,
            "verbose": 0,
            "allow_writing_files": False,
        }
    )
    model.fit(catboost.Pool(table, right, group_id=row))
    return names, model


def exported_trees(names: list[str], model: Any, scratch: Path) -> list[dict[str, Any]]:
    """The trees as plain lists."""
    model.save_model(str(scratch), format="json")
    kept = json.loads(scratch.read_text())
    scratch.unlink()
    trees = []
    for tree in kept["oblivious_trees"]:
        splits = [
            [names[split["float_feature_index"]], round(split["border"], 5)]
            for split in tree["splits"] or ()
        ]
        trees.append(
            {"splits": splits, "values": [round(value, 4) for value in tree["leaf_values"]]}
        )
    return trees


def curve(raw: np.ndarray, right: np.ndarray, row: np.ndarray) -> list[list[float]]:
    """From the softmax share of a pair to how often such a pair was right (isotonic steps)."""
    best = np.full(int(row.max()) + 1, -np.inf)
    np.maximum.at(best, row, raw)
    likely = np.exp(raw - best[row])
    share = likely / np.bincount(row, likely)[row]
    fitted = scipy.optimize.isotonic_regression(
        right[order := np.argsort(share, kind="stable")], increasing=True
    ).x
    knots = np.unique(np.quantile(share[order], np.r_[0, np.linspace(0.9, 1, 40)]))
    at = np.clip(np.searchsorted(share[order], knots), 0, len(order) - 1)
    return [
        [round(float(x), 5), round(float(fitted[i]), 4)] for x, i in zip(knots, at, strict=True)
    ]


def gram_table(numbers: GramNumbers, weights: np.ndarray) -> dict[str, list[float]]:
    """Every gram with at least one weight."""
    table = {}
    for gram, number in numbers.numbers.items():
        three = weights[number * 3 : number * 3 + 3]
        if three.any():
            table[gram] = [round(float(value), 3) for value in three]
    return dict(sorted(table.items()))


def say(text: str) -> None:
    """What is going on, with the time since the start."""
    print(f"{time.monotonic() - _STARTED:6.0f} s  {text}", flush=True)


def train(
    family: str, situation: str, tasks: Sequence[Task], knowledge: Knowledge, target: Path
) -> Ranking:
    """Learn one family's weights and write them."""
    numbers = GramNumbers()
    lessons = []
    for task in tasks:
        shelf = Shelf.of(task.references, Books.of(knowledge, family))
        shelf.weigh(situation, UNTRAINED)
        lessons.append(lesson(situation, task.tune(), shelf, numbers))
        lessons.extend(taught(situation, task, shelf, numbers))
        say(f"{task.name}: {sum(len(one.right) for one in lessons)} pairs so far")
    together = joined(lessons)
    columns, grams = with_grams(together)
    say("gram weights learned")
    # The curve needs scores of rows the trees have not seen; one fold of them is enough.
    seen, unseen = together.fold != 0, together.fold == 0
    names, model = learn_trees(
        {name: column[seen] for name, column in columns.items()},
        together.right[seen],
        together.row[seen],
    )
    table = np.stack([columns[name][unseen] for name in names], axis=1)
    shares = curve(model.predict(table), together.right[unseen], together.row[unseen])
    say("calibrated")
    names, model = learn_trees(columns, together.right, together.row)
    kept = {
        "family": family,
        "situation": situation,
        "curve": shares,
        "trees": exported_trees(names, model, target.with_suffix(".scratch")),
        "grams": gram_table(numbers, grams),
    }
    target.parent.mkdir(exist_ok=True)
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    target.write_text(text.replace('],"', '],\n"') + "\n", encoding="utf-8")
    return read_ranking(json.loads(text))


def main() -> None:
    """Train both families."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    knowledge = load_knowledge(shipped("resources"))
    folder = Path(str(shipped("resources", "matching")))
    by_name = {task.name: task for task in load_tasks(options.data)}
    lessons = {
        ("diagnosis", NAMED): [by_name["cdn"]],
        ("diagnosis", CODED): [by_name["dx_edition"]],
        ("procedure", NAMED): [by_name["n7k"]],
        ("procedure", CODED): [by_name["op_edition"], with_codes(by_name["n7k"])],
    }
    for (family, situation), tasks in lessons.items():
        name = f"{family}_{situation}"
        if options.only in ("", name):
            ranking = train(family, situation, tasks, knowledge, folder / f"{name}.json")
            say(f"{name}: {len(ranking.trees)} trees, {len(ranking.grams)} grams")


def with_codes(task: Task) -> Task:
    """The same task as if the hospital had coded it, about as well as editions agree.

    There are hardly any procedure rows with both codes known. Diagnoses have them: the local code
    stands in the right subcategory for 86 %, in the right category for 94 % of the rows.
    """
    chance = random.Random(20)
    codes = {one.name.strip(): one.canonical for one in reversed(task.references)}
    elsewhere = [one.canonical for one in task.references]
    rows = []
    for row in task.rows:
        code, luck = codes[row.gold], chance.random()
        if luck < 0.86:
            code = code[:5] + "99"
        elif luck < 0.94:
            code = code[:3] + "9999"
        else:
            code = chance.choice(elsewhere)
        rows.append(Row(row.name, code, row.gold))
    return Task(task.name + " with codes", task.family, task.references, tuple(rows))


if __name__ == "__main__":
    main()
