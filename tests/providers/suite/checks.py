"""The checks of a case, in the order in which they are made. Each gives a word for the table."""

import jmespath

from .bench import COPIES, Bench, Failed
from .case import Case, fill
from .cloud import call, listing


class Run:
    """One case on one emulator."""

    def __init__(self, case: Case, emulator):
        self.case, self.emulator = case, emulator
        self.clients = {}
        self.bench = Bench(emulator.url)
        self.row, self.problems = {}, []

    def client(self, service: str):
        if service not in self.clients:
            self.clients[service] = self.emulator.client(service)
        return self.clients[service]

    def all(self) -> "Run":
        """Makes every check; a failed create ends it, other failures are noted."""
        try:
            if not self.case.skipped("*"):
                self.data() if self.case.is_data else self.managed()
        except Exception as error:  # noqa: BLE001 - the other types go on
            self.problems.append(f"{self.case.kind}: {type(error).__name__}: {error}")
        finally:
            self.bench.remove()
        return self

    def check(self, name: str, what) -> bool:
        if self.case.skipped(name):
            self.row[name] = "skipped"
            return True
        try:
            self.row[name] = what() or "yes"
            return True
        except Failed as error:
            self.problems.append(f"{self.case.kind}: {name}: {error}")
        except Exception as error:  # noqa: BLE001 - a case that is written wrongly is a failure of that case
            self.problems.append(f"{self.case.kind}: {name}: {type(error).__name__}: {error}")
        self.row[name] = "no"
        return False

    def data(self):
        self.bench.lay(self.case.files("main.tf"))
        if self.check("read", self.read_data):
            self.check("again", self.nothing_to_do)
        self.check("delete", lambda: self.bench.destroy() and None)

    def managed(self):
        before = listing(self.client, self.emulator.lacks)
        self.bench.lay(self.case.files("main.tf"))
        if not self.check("create", lambda: self.bench.apply() and None):
            return
        self.check("read", self.read)
        self.check("batched", self.batched)
        self.check("drift", lambda: self.drift(self.case.drift))
        self.check("import", self.imported)
        self.check("list", self.listed)
        if self.case.has("update.tf"):
            self.check("update", self.updated)
        if self.case.has("replace.tf"):
            self.check("replace", self.replaced)
        kept, object_ = self.bench.keep(), self.bench.objects().get(self.case.address, {})
        if self.check("delete", lambda: self.bench.destroy() and None):
            self.check("clean", lambda: self.clean(before))
            self.check("unknown", lambda: self.unknown(object_))
            self.check("gone", lambda: self.gone(kept))
            self.check("twice", lambda: self.twice(kept))
            for name, entries in self.case.drifts.items():
                if self.case.skipped(f"drift {name}"):
                    continue
                self.check("drift", lambda name=name, entries=entries: self.drift_of(name, entries))

    # What the checks are.

    def read_data(self):
        self.bench.apply()
        found = self.bench.outputs()
        for name, expected in self.case.outputs.items():
            expected = fill(expected, self.values())
            if found.get(name) != expected:
                raise Failed(f"output {name} is {found.get(name)!r}, not {expected!r}")

    def read(self):
        """The second plan is empty, and what creating gave is what reading gives."""
        self.nothing_to_do()
        self.same_when_read()

    def batched(self):
        one = self.bench.calls_for_copies(self.case.address, 1)
        many = self.bench.calls_for_copies(self.case.address, COPIES)
        each = {name.split(":")[-1] for name, count in many.items() if count >= COPIES > one.get(name, 0)}
        each |= set(self.case.each)
        return "each: " + ", ".join(f"`{name}`" for name in sorted(each)) if each else "yes"

    def drift_of(self, name: str, entries: list):
        """The same with another configuration of the object, whose words are added to those that the row has."""
        told = self.row.get("drift", "-")
        self.bench.lay(self.case.files(f"drift-{name}.tf"))
        self.bench.apply()
        self.nothing_to_do()
        found = self.drift(entries)
        self.bench.destroy()
        if told == "no":
            raise Failed("fails with the main configuration")
        if told in ("-", "skipped"):
            return found
        known = told.split(", ")
        return ", ".join([*known, *(word for word in found.split(", ") if word not in known)])

    def drift(self, entries: list):
        """What was changed outside is found, attribute by attribute, and put right in place."""
        if not entries:
            return "-"
        before, values = self.object(), self.values()
        for entry in entries:
            for name, (*words, path) in entry.get("find", {}).items():
                values[name] = jmespath.search(path, call(self.client, fill(words, values)))
            for words in entry.get("calls", [entry.get("call")]):
                call(self.client, fill(words, values))
        change = self.change("update")
        wanted = [entry["attribute"] for entry in entries]
        missed = [name for name in wanted if name not in differing(change["before"], change["after"])]
        if missed:
            raise Failed(f"not found: {', '.join(missed)}")
        self.bench.apply()
        self.nothing_to_do()
        after = self.object()
        left = [name for name in [*wanted, self.case.same] if after.get(name) != before.get(name)]
        if left:
            raise Failed(f"not as before: {', '.join(left)}")
        return ", ".join(f"`{name}`" for name in dict.fromkeys(wanted))

    def imported(self):
        identifier = fill(self.case.import_id, self.values())
        self.bench.evenkeel("state", "rm", self.case.address, "-location", str(self.bench.repo))
        self.bench.evenkeel("import", self.case.address, str(identifier), str(self.bench.repo))
        for change in self.bench.plan():
            names = differing(change["change"]["before"], change["change"]["after"])
            rest = [name for name in names if name not in self.case.import_ignore]
            if change["address"] != self.case.address or rest or change["change"]["actions"] != ["update"]:
                raise Failed(f"the plan after it has {describe(change)}")
        if self.case.import_ignore:
            self.bench.apply()

    def listed(self):
        """The list of the type has the object, and says what an import is given."""
        found = self.bench.listed(self.case.kind)
        if found is None:
            return "-"
        ids = {line["id"]: line for line in found}
        line = ids.get(self.object()["id"])
        if line is None:
            raise Failed(f"the list has {', '.join(sorted(ids)) or 'nothing'}")
        if not line["managed"]:
            raise Failed("it is listed as an object that nobody manages")

    def updated(self):
        before = self.object()
        self.bench.lay(self.case.files("update.tf"))
        self.change("update")
        self.bench.apply()
        if self.object().get(self.case.same) != before.get(self.case.same):
            raise Failed("it is another object")
        self.read()

    def replaced(self):
        self.bench.lay(self.case.files("replace.tf"))
        self.change("replace")
        self.bench.apply()
        self.read()

    def clean(self, before: set):
        left = listing(self.client, self.emulator.lacks) - before
        if left:
            raise Failed(f"left behind: {', '.join(sorted(left))}")

    def unknown(self, object_: dict):
        """An identifier that nothing has is refused by name, and is no crash."""
        identifier = fill(self.case.import_id, self.values(object_))
        done = self.bench.evenkeel("import", self.case.address, str(identifier), str(self.bench.repo), check=1)
        if "panicked" in done.stderr:
            raise Failed(done.stderr)

    def gone(self, kept: dict):
        """What was removed behind the back is to be made again."""
        self.bench.put_back(kept)
        actions = {c["address"]: c["change"]["actions"] for c in self.bench.plan()}
        if actions.get(self.case.address) != ["create"]:
            raise Failed(f"planned as {actions.get(self.case.address)}")

    def twice(self, kept: dict):
        """Removing what is not there any more is not an error."""
        self.bench.put_back(kept)
        self.bench.destroy("-refresh=false")

    # What they need.

    def object(self) -> dict:
        found = self.bench.objects().get(self.case.address)
        if found is None:
            raise Failed(f"{self.case.address} is not in the state")
        return found

    def values(self, own: dict | None = None) -> dict:
        """What a placeholder may name: the object's attributes, and those of all objects by address."""
        self.seen = self.bench.objects() or getattr(self, "seen", {})
        own = self.seen.get(self.case.address, {}) if own is None else own
        values = {f"{address}.{name}": value for address, o in self.seen.items() for name, value in o.items()}
        return values | own

    def nothing_to_do(self):
        changes = self.bench.plan()
        if changes:
            raise Failed("the plan has " + "; ".join(describe(change) for change in changes))

    def same_when_read(self):
        before = self.object()
        self.bench.evenkeel("refresh", str(self.bench.repo))
        after = self.object()
        names = differing(before, after)
        if names:
            shown = "; ".join(f"{name}: {before.get(name)!r}, read {after.get(name)!r}" for name in names)
            raise Failed(f"it differs when it is read: {shown}")

    def change(self, kind: str) -> dict:
        """The one change of the object, which must be of this kind."""
        found = [c for c in self.bench.plan() if c["address"] == self.case.address]
        if not found:
            raise Failed(f"no {kind} is planned")
        actions = found[0]["change"]["actions"]
        if (actions == ["update"]) != (kind == "update") or actions == ["create"]:
            raise Failed(f"no {kind} is planned but {describe(found[0])}")
        return found[0]["change"]


def differing(before: dict | None, after: dict | None) -> list:
    before, after = before or {}, after or {}
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def describe(change: dict) -> str:
    details = change["change"]
    text = f"{'+'.join(details['actions'])} of {change['address']}"
    if details["actions"] == ["create"] or details["actions"] == ["delete"]:
        return text
    before, after = details["before"] or {}, details["after"] or {}
    unknown = details.get("after_unknown") or {}
    shown = [
        f"{name}: {before.get(name)!r} -> {'(unknown)' if unknown.get(name) else repr(after.get(name))}"
        for name in differing(before, after)
    ]
    forced = [".".join(map(str, path)) for path in details.get("replace_paths", [])]
    return f"{text} ({'; '.join(shown)}{'; forced by ' + ', '.join(forced) if forced else ''})"
