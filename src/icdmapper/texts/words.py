"""The words on screen for states, relations, roles, kinds, acts and severities."""

from __future__ import annotations

from icdmapper.texts import N_, _
from icdmapper.texts.singular import counted


def state_word(state: str) -> str:
    """The word on screen for a mapping's state."""
    return _(_STATES.get(state, state)) if state else ""


def relation_word(relation: str) -> str:
    """The word on screen for a relation, read from local to reference."""
    return _(_RELATIONS.get(relation, relation)) if relation else ""


def role_word(role: str) -> str:
    """The word on screen for a target's role."""
    return _(_ROLES.get(role, role)) if role else ""


def person_role_word(role: str) -> str:
    """The word on screen for what a person is in the flow."""
    return _(_PERSON_ROLES.get(role, role)) if role else ""


def right_word(right: str) -> str:
    """What a right allows, as the end of "may not …"."""
    return _(_RIGHTS.get(right, right)) if right else ""


def message_kind_word(kind: str) -> str:
    """The word on screen for a message of a dispute."""
    return _(_MESSAGE_KINDS.get(kind, kind)) if kind else ""


def risk_word(reason: str) -> str:
    """Why a decided row is worth a second look."""
    return _(_RISKS.get(reason, reason)) if reason else ""


def answer_word(state: str) -> str:
    """What can be done with a row of a packet that came back."""
    return _(_ANSWERS.get(state, state)) if state else ""


def merge_word(kind: str) -> str:
    """What becomes of a row that a copy changed."""
    return _(_MERGES.get(kind, kind)) if kind else ""


def package_state_word(state: str) -> str:
    """Where a package to the platform stands."""
    return _(_PACKAGE_STATES.get(state, state)) if state else ""


def day_word(mark: str) -> str:
    """What is said of a day of discharge, in a word or two; "" for a day outside."""
    return _(_DAYS[mark]) if mark in _DAYS else ""


def transport_word(transport: str) -> str:
    """The word on screen for the way in which packages reach the receiver."""
    return _(_TRANSPORTS[transport])


def environment_word(environment: str) -> str:
    """Which of the platform's servers is meant."""
    return _(_ENVIRONMENTS[environment])


def count_word(name: str) -> str:
    """What a run counts under this name."""
    return _(_COUNTS.get(name, name))


def trouble_word(trouble: str) -> str:
    """What kind of answer, or silence, the receiver gave; "" for none."""
    return _(_TROUBLES[trouble]) if trouble in _TROUBLES else ""


def held_word(reason: str) -> str:
    """Why a record is held: a word for a reason, the number of a rule as it is."""
    return _(_HELD.get(reason, reason)) if reason else ""


def kind_word(kind: str) -> str:
    """The word on screen for a kind of code."""
    return _(_KINDS.get(kind, kind)) if kind else ""


def change_word(kind: str) -> str:
    """The word on screen for what became of an entry between two editions."""
    return _(_CHANGES[kind])


def evidence_word(evidence: str) -> str:
    """Why entries of two editions are believed to belong together; "" for no evidence."""
    return _(_EVIDENCE[evidence]) if evidence else ""


def outcome_word(outcome: str) -> str:
    """What a new edition makes of an answer."""
    return _(_OUTCOMES[outcome])


def why_word(why: str) -> str:
    """The reason of such an outcome; "" for none."""
    return _(_WHYS[why]) if why else ""


def adoption_word(adoption: str) -> str:
    """How far the HIS has taken over a refinement, or one child of it."""
    return _(_ADOPTIONS[adoption])


def severity_word(severity: str) -> str:
    """The word on screen for how bad a problem is."""
    return _(_SEVERITIES.get(severity, severity)) if severity else ""


def gate_sentence(code: str, count: int, of: int) -> str:
    """What the gate of a release found, in a sentence."""
    return counted(_GATE[code], count, of=f"{of:,}")


def alias_fault_word(fault: str) -> str:
    """Why a row of the hospital's own aliases does nothing, in words."""
    return _(_ALIAS_FAULTS.get(fault, fault)) if fault else ""


def needs_word(needs: str) -> str:
    """Who has to look before an answer may stand."""
    return _(_NEEDS.get(needs, needs)) if needs else ""


def left_out_word(reason: str) -> str:
    """Why a row was not taken in bulk, in words."""
    return _(_LEFT_OUT.get(reason, reason)) if reason else ""


_STATES = {
    "open": N_("open"),
    "decided": N_("decided"),
    "checked": N_("checked"),
    "disputed": N_("disputed"),
    "settled": N_("settled"),
    "refining": N_("refining"),
    "no_counterpart": N_("no counterpart"),
    "retired": N_("retired"),
}
_RELATIONS = {
    "equivalent": N_("equivalent"),
    "local_finer": N_("local is finer"),
    "local_coarser": N_("local is coarser"),
    "overlap": N_("overlap"),
    "no_counterpart": N_("no counterpart"),
}
_ROLES = {
    "main": N_("main"),
    "morphology": N_("morphology"),
    "manifestation": N_("manifestation"),
    "external_cause": N_("external cause"),
    "additional": N_("additional"),
}
_KINDS = {
    "diagnosis": N_("diagnosis"),
    "external_cause": N_("external cause"),
    "morphology": N_("morphology"),
    "procedure": N_("procedure"),
}
_PERSON_ROLES = {
    "coder": N_("coder"),
    "checker": N_("checker"),
    "clinician": N_("clinician"),
    "coordinator": N_("coordinator"),
    "it": N_("IT"),
}
_RIGHTS = {
    "import": N_("import a list"),
    "take_edition": N_("sign a new edition over decisions"),
    "decide": N_("map a code"),
    "check": N_("check a decision"),
    "dispute": N_("dispute a decision"),
    "comment": N_("write in a dispute"),
    "settle": N_("settle a dispute"),
    "record_settlement": N_("record a settlement"),
    "reopen": N_("reopen a code"),
    "reopen_checked": N_("reopen a checked code"),
    "reopen_settled": N_("reopen a settled code"),
    "refine": N_("refine a code"),
    "sign_refinement": N_("sign a refinement"),
    "retire": N_("retire a code"),
    "waive": N_("waive a rule"),
    "assign": N_("assign rows"),
    "release": N_("publish a release"),
    "manage_people": N_("manage people"),
}
_PACKAGE_STATES = {
    "prepared": N_("waiting to be sent"),
    "sending": N_("being sent"),
    "received": N_("received, feedback awaited"),
    "accepted": N_("accepted"),
    "rejected": N_("rejected"),
    "unknown": N_("unknown, ask the platform"),
}
_DAYS = {
    "rejected": N_("rejected"),
    "unknown": N_("unknown"),
    "held": N_("held"),
    "waiting": N_("waiting"),
    "accepted": N_("accepted"),
    "nothing": N_("not sent"),
}
_TRANSPORTS = {"https": N_("sent by HTTPS"), "folder": N_("laid into a folder")}
_ENVIRONMENTS = {"test": N_("Test"), "production": N_("Production")}
_COUNTS = {
    "extracted": N_("records read"),
    "new": N_("of them new"),
    "changed": N_("of them changed since"),
    "unchanged": N_("unchanged"),
    "repeated": N_("read twice"),
    "conflicting": N_("two rows with one key"),
    "unkeyed": N_("without record number"),
    "held": N_("held"),
    "packed": N_("packed"),
    "cut_texts": N_("texts cut to their width"),
    "replaced_characters": N_("characters replaced"),
    "values_without_column": N_("values without a column"),
}
_TROUBLES = {
    "not_connected": N_("no connection"),
    "connection_lost": N_("the connection broke"),
    "timed_out": N_("no answer in time"),
    "too_many_requests": N_("too many requests"),
    "server_error": N_("fault of the receiver"),
    "error_page": N_("an error page instead of an answer"),
    "unreadable_answer": N_("an answer nobody can read"),
    "answer_too_large": N_("an answer that is too large"),
    "redirected": N_("sent on to another address"),
    "token_refused": N_("the token was refused"),
    "refused": N_("refused by the receiver"),
    "cannot_say": N_("the receiver cannot say"),
    "count_differs": N_("the receiver counted other records"),
    "no_feedback": N_("no feedback yet"),
}
_HELD = {
    "unmapped": N_("not in the release"),
    "undecided": N_("not decided yet"),
    "disputed": N_("in dispute"),
    "refining": N_("being refined"),
    "no_counterpart": N_("no counterpart"),
    "ambiguous": N_("code stands twice"),
    "no_code": N_("name without a code"),
    "no_release": N_("no release for the discharge date"),
    "bad_date": N_("discharge date unreadable"),
}
_MERGES = {
    "same": N_("the same in both"),
    "taken": N_("taken over"),
    "conflict": N_("conflict"),
    "answered": N_("asked about before"),
    "left": N_("left alone: refined or retired in one of them"),
}
_ANSWERS = {
    "ready": N_("ready"),
    "other": N_("none of the options: a remark"),
    "empty": N_("empty"),
    "incomplete": N_("reason or name is missing"),
    "already": N_("settled so already"),
    "conflict": N_("changed meanwhile"),
    "changed": N_("question was altered"),
    "unknown": N_("no such row"),
}
_RISKS = {
    "finding": N_("rule of judgement"),
    "contradiction": N_("names contradict"),
    "not_first": N_("not the first candidate"),
    "low_score": N_("names unlike"),
    "not_equivalent": N_("not equivalent"),
    "no_counterpart": N_("no counterpart"),
    "frequent": N_("frequent"),
}
_MESSAGE_KINDS = {
    "opened": N_("opened the dispute"),
    "decided": N_("decided"),
    "opinion": N_("opinion"),
    "comment": N_("remark"),
    "settled": N_("settled"),
}
_SEVERITIES = {"error": N_("error"), "warning": N_("warning"), "note": N_("note")}
_LEFT_OUT = {
    "not_open": N_("has an answer already"),
    "no_proposal": N_("has no proposal"),
    "contradiction": N_("the first candidate contradicts the code"),
    "other_kind": N_("another kind of code"),
    "low_score": N_("the score is too low"),
    "not_equivalent": N_("the relation is not “equivalent”"),
    "not_safe": N_("needs eyes: the first candidate is not safe"),
    "changed_meanwhile": N_("changed meanwhile"),
    "rule_forbids": N_("a rule forbids it"),
    "judgement": N_("a rule of judgement stops it or warns"),
    "not_a_candidate": N_("the entry is not among its own candidates"),
    "refused_before": N_("somebody refused this entry for it before"),
    "enough": N_("enough hang on this answer; have those checked first"),
}
_GATE = {
    "no_local_list": N_("There is no local list; import one first."),
    "demonstration_sets": N_("{count} of the code sets are demonstrations, never to upload with."),
    "coverage_low": N_("Only {count} of {of} yearly discharges are covered by an answer."),
    "codes_low": N_("Only {count} of {of} codes have an answer."),
    "disputed": N_("{count} codes are disputed; settle them first."),
    "refining": N_("{count} codes are being refined; their records will be held."),
    "open": N_("{count} of {of} codes are open; their records will be held."),
    "no_counterpart": N_("{count} codes have no counterpart; their records will be held."),
    "rehearsal": N_("This is a rehearsal; only a test server may receive what it translates."),
}
_CHANGES = {
    "unchanged": N_("unchanged"),
    "respelled": N_("spelled otherwise"),
    "renamed": N_("renamed"),
    "recoded": N_("re-coded"),
    "split": N_("suspected split"),
    "merged": N_("suspected merge"),
    "added": N_("added"),
    "removed": N_("removed"),
}
_EVIDENCE = {
    "same_name": N_("the same name"),
    "codes_below": N_("finer codes below the same code"),
    "names_extend": N_("finer names in the same category hold the coarser name"),
}
_OUTCOMES = {
    "kept": N_("answer stays"),
    "reopened": N_("re-opened"),
    "retired": N_("becomes retired"),
    "returned": N_("back, open again"),
    "announced": N_("look at it"),
    "open": N_("stays open"),
    "gone": N_("leaves the list"),
}
_WHYS = {
    "name_changed": N_("the local name says something else"),
    "spelling_only": N_("only width, case, blanks or punctuation differ: the same meaning"),
    "attached_changed": N_("the attached code is another one"),
    "code_gone": N_("the local list no longer has the code"),
    "code_back": N_("the local list has the code again"),
    "family": N_("finer local codes have appeared below it"),
    "target_gone": N_("its reference entry no longer exists"),
    "target_renamed": N_("its reference entry has another name"),
    "target_is_heading": N_("its reference entry became a heading"),
    "better_entry": N_("there is now an entry of exactly this name"),
    "child_adopted": N_("the HIS has adopted this child"),
    "parent_listed": N_("refined, but the HIS still lists it"),
    "parent_stopped": N_("refined, and the HIS has stopped it"),
}
_ADOPTIONS = {
    "adopted": N_("adopted by the HIS"),
    "partly": N_("partly adopted"),
    "not_yet": N_("not adopted yet"),
    "missing": N_("not in the HIS yet"),
    "renamed": N_("in the HIS under another name"),
    "recoded": N_("in the HIS under another code"),
}
_ALIAS_FAULTS = {
    "empty": N_("a wording is missing"),
    "direction": N_("the direction is neither same nor implies"),
    "no_effect": N_("both mean the same already"),
    "repeated": N_("stands again below"),
    "shipped": N_("the program knows it already"),
    "circle": N_("leads back to itself"),
}
_NEEDS = {
    "nobody": N_("nobody"),
    "second_person": N_("a second person"),
    "clinician": N_("a clinician"),
    "other_answer": N_("nobody: another answer"),
}
