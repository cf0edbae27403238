"""Two editions of one list held side by side: what became of every entry. Pure.

Entries are paired by code first, for a code is the key of a list; what is left is paired by name,
and what is left then is searched for families: one coarse entry given up for several finer ones (a
split), or the reverse (a merge). Families are suspicions, and each says by which evidence. Swapping
the two editions swaps added and removed, split and merged, and changes nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from icdmapper.model.codes import CodeKind
from icdmapper.model.editions import Change, ChangeKind, Comparison, Evidence, Listed, N, O
from icdmapper.model.icd import heads_others, parse
from icdmapper.model.names import normalise

Progress = Callable[[int, int], None]

_LARGEST_FAMILY = 250_000
"""Pairs of one category looked at for a family by name; more are not, so that time stays bounded.
The largest category of the real editions has a tenth of that."""
_SHORTEST_NAME = 2
_NEAR = 5

A = TypeVar("A", bound=Listed)
B = TypeVar("B", bound=Listed)


def compare(
    old: Sequence[O], new: Sequence[N], *, progress: Progress | None = None
) -> Comparison[O, N]:
    """What became of every entry of `old`, and where every entry of `new` comes from."""
    step = _steps(progress, 4)
    pairs, left_old, left_new = _by_code(old, new)
    step()
    headed_old, headed_new = _Headed(old), _Headed(new)
    split, left_new = _below_headings(pairs, headed_old, headed_new, left_new)
    merged, left_old = _below_headings(
        [(after, before) for before, after in pairs], headed_new, headed_old, left_old
    )
    step()
    recoded, left_old, left_new = _by_name(left_old, left_new, headed_old, headed_new)
    families = _families(left_old, left_new, headed_old, headed_new)
    step()
    found: list[Change[O, N]] = []
    for before, after in pairs:
        if below := split.get(id(before)):
            new_ones = (after, *below)
            found.append(Change(ChangeKind.SPLIT, (before,), new_ones, Evidence.CODES_BELOW))
        elif above := merged.get(id(after)):
            old_ones = (before, *above)
            found.append(Change(ChangeKind.MERGED, old_ones, (after,), Evidence.CODES_BELOW))
        else:
            found.append(Change(_same_code_kind(before, after), (before,), (after,)))
    found += [
        Change(ChangeKind.RECODED, (before,), (after,), Evidence.SAME_NAME)
        for before, after in recoded
    ]
    found += families
    placed = {id(one) for change in found for one in (*change.old, *change.new)}
    found += [Change(ChangeKind.REMOVED, old=(one,)) for one in left_old if id(one) not in placed]
    found += [Change(ChangeKind.ADDED, new=(one,)) for one in left_new if id(one) not in placed]
    changes = _with_near(_in_order(found, old, new), new)
    step()
    return Comparison(changes, tuple(pairs))


def _steps(progress: Progress | None, total: int) -> Callable[[], None]:
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, total)

    return step


def _same_code_kind(before: Listed, after: Listed) -> ChangeKind:
    if before.name == after.name:
        return ChangeKind.UNCHANGED
    same = normalise(before.name) == normalise(after.name)
    return ChangeKind.RESPELLED if same else ChangeKind.RENAMED


def _by_code(old: Sequence[O], new: Sequence[N]) -> tuple[list[tuple[O, N]], list[O], list[N]]:
    """Entries with the same code. A local list may use a code twice: then the name decides."""
    # Hashing a text is cheaper than hashing a member, eighty thousand times.
    systems = {kind: kind.system.value for kind in CodeKind}
    waiting: defaultdict[tuple[str, str], list[N]] = defaultdict(list)
    for after in new:
        waiting[systems[after.kind], after.canonical].append(after)
    asking: defaultdict[tuple[str, str], list[O]] = defaultdict(list)
    for before in old:
        asking[systems[before.kind], before.canonical].append(before)
    pairs: list[tuple[O, N]] = []
    for key, before_ones in asking.items():
        after_ones = waiting.get(key, [])
        if len(before_ones) == len(after_ones) == 1:
            pairs.append((before_ones[0], after_ones[0]))
        elif after_ones:
            pairs += _by_closest_name(before_ones, after_ones)
    paired = {id(one) for pair in pairs for one in pair}
    return (
        pairs,
        [one for one in old if id(one) not in paired],
        [one for one in new if id(one) not in paired],
    )


def _by_closest_name(old: list[O], new: list[N]) -> list[tuple[O, N]]:
    """Pairs among entries that share a code: the very name, then its meaning, then the order."""
    pairs: list[tuple[O, N]] = []
    keys: tuple[Callable[[Listed], str], ...] = (
        lambda one: one.name,
        lambda one: normalise(one.name),
        lambda _one: "",
    )
    for key in keys:
        waiting: defaultdict[str, list[N]] = defaultdict(list)
        for after in new:
            waiting[key(after)].append(after)
        found = [(before, waiting[key(before)].pop(0)) for before in old if waiting[key(before)]]
        pairs += found
        taken = {id(one) for pair in found for one in pair}
        old = [one for one in old if id(one) not in taken]
        new = [one for one in new if id(one) not in taken]
    return pairs


class _Headed:
    """Which entries of one edition stand above others."""

    def __init__(self, entries: Iterable[Listed]) -> None:
        # Every code is read once: a list is longer than what `parse` remembers.
        shapes = [(id(entry), shape) for entry in entries if (shape := parse(entry.code))]
        above = {parent for _entry, shape in shapes for parent in shape.parents}
        self._headings = {entry for entry, shape in shapes if heads_others(shape, above)}

    def heads(self, entry: Listed) -> bool:
        """Whether an entry only heads others here."""
        return id(entry) in self._headings


def _below_headings(
    pairs: Sequence[tuple[A, B]], headed: _Headed, headed_after: _Headed, left: list[B]
) -> tuple[dict[int, list[B]], list[B]]:
    """What now stands below entries that were leaves and became headings, by `id` of the leaf."""
    became: dict[str, A] = {}
    for before, after in pairs:
        if headed_after.heads(after) and not headed.heads(before):
            became[after.canonical.rstrip("+*")] = before
    below: defaultdict[int, list[B]] = defaultdict(list)
    rest: list[B] = []
    for one in left:
        shape = parse(one.code) if became else None
        above = next((p for p in shape.parents if p in became), None) if shape else None
        if above is None or became[above].kind is not one.kind:
            rest.append(one)
        else:
            below[id(became[above])].append(one)
    return below, rest


def _by_name(
    old: list[O], new: list[N], headed_old: _Headed, headed_new: _Headed
) -> tuple[list[tuple[O, N]], list[O], list[N]]:
    """Entries of one name under different codes, where it is clear which is which.

    First entries and headings apart within a category, then the category, then anywhere; a name
    that several entries bear on one side stays.
    """
    pairs: list[tuple[O, N]] = []
    for narrow, apart in ((True, True), (True, False), (False, False)):
        left = _bucketed(old, headed_old, narrow=narrow, apart=apart)
        right = _bucketed(new, headed_new, narrow=narrow, apart=apart)
        found = [
            (ones[0], right[key][0])
            for key, ones in left.items()
            if len(ones) == 1 and len(right.get(key, ())) == 1
        ]
        pairs += found
        taken = {id(one) for pair in found for one in pair}
        old = [one for one in old if id(one) not in taken]
        new = [one for one in new if id(one) not in taken]
    return pairs, old, new


def _bucketed(
    entries: Iterable[A], headed: _Headed, *, narrow: bool, apart: bool
) -> dict[tuple[object, ...], list[A]]:
    found: defaultdict[tuple[object, ...], list[A]] = defaultdict(list)
    for one in entries:
        category = _category(one) if narrow else ""
        heading = apart and headed.heads(one)
        found[one.kind, normalise(one.name), category, heading].append(one)
    return found


def _category(entry: Listed) -> str:
    shape = parse(entry.code)
    return shape.category if shape else ""


@dataclass(frozen=True, slots=True)
class _Family:
    """One coarse entry with the finer ones of the other side."""

    coarse: Listed
    fine: tuple[Listed, ...]
    evidence: Evidence
    split: bool

    @property
    def rank(self) -> tuple[int, str, str]:
        """Larger families first; nothing in it tells the two sides apart."""
        return -len(self.fine), self.coarse.canonical, self.coarse.name


def _families(
    old: Sequence[O], new: Sequence[N], headed_old: _Headed, headed_new: _Headed
) -> list[Change[O, N]]:
    """Suspected splits and merges among what has neither code nor name on the other side."""
    candidates = [
        *_fans(_leaves(_nameless(old, new), headed_old), _leaves(new, headed_new), split=True),
        *_fans(_leaves(_nameless(new, old), headed_new), _leaves(old, headed_old), split=False),
    ]
    left, right = {id(one): one for one in old}, {id(one): one for one in new}
    taken: set[int] = set()
    found: list[Change[O, N]] = []
    for family in sorted(candidates, key=lambda one: one.rank):
        fine = [id(one) for one in family.fine if id(one) not in taken]
        coarse = id(family.coarse)
        if coarse in taken or len(fine) < 2:
            continue
        taken |= {coarse, *fine}
        if family.split:
            kind, before, after = ChangeKind.SPLIT, [coarse], fine
        else:
            kind, before, after = ChangeKind.MERGED, fine, [coarse]
        found.append(
            Change(
                kind,
                tuple(left[one] for one in before),
                tuple(right[one] for one in after),
                family.evidence,
            )
        )
    return found


def _nameless(entries: Sequence[Listed], others: Sequence[Listed]) -> list[Listed]:
    """Those whose very name nobody bears on the other side: such a name was not split up."""
    names = {(one.kind, normalise(one.name)) for one in others}
    return [one for one in entries if (one.kind, normalise(one.name)) not in names]


def _leaves(entries: Iterable[Listed], headed: _Headed) -> list[Listed]:
    """Without those that only headed others: they were never an answer that could be split."""
    return [one for one in entries if not headed.heads(one)]


def _fans(coarse: Sequence[Listed], fine: Sequence[Listed], *, split: bool) -> list[_Family]:
    """For every coarse entry the finer ones of the other side that fit it better than any other."""
    above, below = _by_category(coarse), _by_category(fine)
    families = []
    for key, parents in above.items():
        children = below.get(key, [])
        if len(children) < 2 or len(parents) * len(children) > _LARGEST_FAMILY:
            continue
        chosen: defaultdict[int, list[tuple[Listed, Evidence]]] = defaultdict(list)
        for child in children:
            if best := _parent(child, parents):
                chosen[id(best[0])].append((child, best[1]))
        for parent in parents:
            members = chosen[id(parent)]
            if len(members) < 2:
                continue
            by_name = any(evidence is Evidence.NAMES_EXTEND for _child, evidence in members)
            evidence = Evidence.NAMES_EXTEND if by_name else Evidence.CODES_BELOW
            families.append(_Family(parent, tuple(child for child, _e in members), evidence, split))
    return families


def _by_category(entries: Iterable[Listed]) -> dict[tuple[CodeKind, str], list[Listed]]:
    found: defaultdict[tuple[CodeKind, str], list[Listed]] = defaultdict(list)
    for one in entries:
        if category := _category(one):
            found[one.kind, category].append(one)
    return found


def _parent(child: Listed, parents: Sequence[Listed]) -> tuple[Listed, Evidence] | None:
    """The entry a finer one belongs under: the nearest code above it, else the longest name."""
    code, name = child.canonical.rstrip("+*"), normalise(child.name)
    best: tuple[tuple[int, int, str], Listed, Evidence] | None = None
    for parent in parents:
        above, whole = parent.canonical.rstrip("+*"), normalise(parent.name)
        if code != above and code.startswith(above):
            rank, evidence = (1, len(above), above), Evidence.CODES_BELOW
        elif _SHORTEST_NAME <= len(whole) < len(name) and _holds(name, whole):
            rank, evidence = (0, len(whole), above), Evidence.NAMES_EXTEND
        else:
            continue
        if best is None or rank > best[0]:
            best = rank, parent, evidence
    return best[1:] if best else None


def _holds(name: str, coarser: str) -> bool:
    """Whether a name is a coarser one with words put in: 胸膜良性肿瘤 holds 胸膜肿瘤."""
    if coarser in name:
        return True
    signs = iter(name)
    return len(coarser) > _SHORTEST_NAME and all(sign in signs for sign in coarser)


def _in_order(found: list[Change[O, N]], old: Sequence[O], new: Sequence[N]) -> list[Change[O, N]]:
    place = {id(one): at for at, one in enumerate(old)}
    place |= {id(one): len(old) + at for at, one in enumerate(new)}
    return sorted(found, key=lambda change: place[id((*change.old, *change.new)[0])])


def _with_near(found: list[Change[O, N]], new: Sequence[N]) -> tuple[Change[O, N], ...]:
    """The changes that leave a meaning without its entry, with the entries that may carry it."""
    wanted = {
        (one.kind, normalise(one.name))
        for change in found
        if change.kind in _LOSING
        for one in change.old
    }
    if not wanted:
        return tuple(found)
    bearing: defaultdict[tuple[CodeKind, str], list[N]] = defaultdict(list)
    related: defaultdict[tuple[CodeKind, str], list[N]] = defaultdict(list)
    for one in new:
        bearing[one.kind, normalise(one.name)].append(one)
        related[one.kind, _category(one)].append(one)
    return tuple(
        Change(
            change.kind, change.old, change.new, change.evidence, _near(change, bearing, related)
        )
        if change.kind in _LOSING
        else change
        for change in found
    )


_LOSING = frozenset({ChangeKind.REMOVED, ChangeKind.RENAMED, ChangeKind.SPLIT, ChangeKind.MERGED})


def _near(
    change: Change[O, N],
    bearing: dict[tuple[CodeKind, str], list[N]],
    related: dict[tuple[CodeKind, str], list[N]],
) -> tuple[N, ...]:
    found: dict[int, N] = {}
    for one in change.old:
        name = normalise(one.name)
        for same in bearing.get((one.kind, name), ()):
            found.setdefault(id(same), same)
        family = related.get((one.kind, _category(one)), []) if _category(one) else []
        if change.kind is ChangeKind.REMOVED and len(family) * len(name) < _LARGEST_FAMILY:
            for other in family:
                theirs = normalise(other.name)
                if min(len(name), len(theirs)) >= _SHORTEST_NAME and (
                    name in theirs or theirs in name
                ):
                    found.setdefault(id(other), other)
    own = {id(one) for one in change.new}
    return tuple(one for key, one in found.items() if key not in own)[:_NEAR]
