"""Which attributes a case does not change outside, though a plan could put them right: told from the schema."""

import json
from fnmatch import fnmatchcase
from pathlib import Path

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas" / "aws"
# Not of the object itself: what only tells where it is, or how long to wait; `tags` stands for both.
ASIDE = {"id", "region", "tags_all", "timeouts"}
# What only says how the provider goes about it. The cloud does not know it, so nobody can change it there.
MANNERS = {
    "auto_accept",
    "bypass_policy_lockout_safety_check",
    "delay_after_policy_creation_in_ms",
    "deletion_window_in_days",
    "final_snapshot",
    "force_destroy",
    "force_detach",
    "force_detach_policies",
    "get_password_data",
    "mfa",
    "override_provider",
    "revoke_rules_on_delete",
    "skip_destroy",
    "stop_instance_before_detaching",
    "token",
    "user_data_replace_on_change",
    "wait_for_fulfillment",
}


def untried(case) -> list:
    """The attributes and blocks that can be changed in place and that the case's drift list lacks."""
    if case.is_data or case.skipped("drift"):
        return []
    block = json.loads((SCHEMAS / f"{case.kind}.json").read_text())["block"]
    entries = [*case.drift, *(entry for more in case.drifts.values() for entry in more)]
    tried = {entry["attribute"] for entry in entries} | ASIDE | MANNERS
    names = [name for name, attribute in block.get("attributes", {}).items() if can_change(attribute)]
    names += [name for name, nested in block.get("block_types", {}).items() if can_change_block(nested)]
    return [name for name in sorted(names) if name not in tried and not is_reasoned(case, name)]


def is_reasoned(case, name: str) -> bool:
    """Whether the case says why it does not try an attribute; `*` stands for the rest of a name."""
    return any(fnmatchcase(name, pattern) for names in case.untried for pattern in names.split(", "))


def can_change(attribute: dict) -> bool:
    written = attribute.get("optional") or attribute.get("required")
    return bool(written) and not any(attribute.get(no) for no in ("force_new", "unsupported", "write_only"))


def can_change_block(nested: dict) -> bool:
    """A block whose parts all make a new object makes one itself."""
    if nested.get("force_new") or nested.get("unsupported"):
        return False
    inner = nested["block"]
    return any(can_change(a) for a in inner.get("attributes", {}).values()) or any(
        can_change_block(n) for n in inner.get("block_types", {}).values()
    )
