"""One module per console command, named as the command is.

They are listed here and not imported: no command waits for what another one needs.
"""

from icdmapper.texts import N_

COMMANDS = {
    "import-reference": N_("store a reference set (RC020, RC021, RC022) from a file or a query"),
    "import-local": N_("store the hospital's own code list from a file or a query"),
    "editions": N_("list the stored editions; with two numbers: hold them side by side"),
    "feed": N_("take codes that the uploader could not translate into the worklist, or list them"),
    "propose": N_("propose reference entries for every local code, or for one name"),
    "decide": N_("map a local code, reopen it, undo, or accept every safe proposal"),
    "propagate": N_("pass an answer on to rows like it: previewed, one undo, each row revocable"),
    "judge": N_("what the rules of judgement say of the answers; --waive lets one stand"),
    "refine": N_(
        "split a coarse local code: offers, start, show, child, sign, drop, adoption, changes"
    ),
    "retire": N_(
        "take local codes that are no longer used out of use; undo or --reopen brings them back"
    ),
    "review": N_("second check and disputes: queue, agree, plan, figures, dispute, say, settle"),
    "assign": N_("give rows to people, see how far each is, hand over"),
    "people": N_("people of the project: list, add, change, set a PIN"),
    "audit": N_("the log of all acts: list, export, verify"),
    "project": N_("copy the project to a file or PostgreSQL, merge what a copy changed"),
    "export": N_("write mapping.csv, mapping.xlsx and manifest.json into a new folder"),
    "release": N_("check the gate, make, compare, list and verify signed releases"),
    "search": N_("find codes by code, name or pinyin initials"),
    "show": N_("show one local code with its history, or the state of the project"),
    "match": N_("match a list of names against reference lists, without a project"),
    "upload": N_("translate, validate and send each day's records to the platform"),
    "sandbox": N_(
        "serve a local look-alike of the platform, with a feedback report and faults on request"
    ),
    "doctor": N_("check this installation and the project"),
    "demo": N_("open the demonstration project; without a display do the whole job headless"),
}
"""What each command is for, in English, in the order of the flow."""
