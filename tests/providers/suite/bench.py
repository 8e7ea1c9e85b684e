"""The work bench of one case: a directory with its configuration, a store, and the binary on both."""

import json
import shutil

from support.world import Stack

COPIES = 20


class Failed(Exception):
    """A check that did not hold."""


class Bench(Stack):
    """A stack whose configuration is exchanged from phase to phase."""

    def lay(self, files: dict):
        """Replaces the configuration."""
        shutil.rmtree(self.repo)
        for name, content in files.items():
            file = self.repo / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)

    def evenkeel(self, *arguments: str, check: int | None = 0):
        try:
            return self.run(*arguments, check=check)
        except AssertionError as error:
            raise Failed(str(error)) from None

    def apply(self, *arguments: str):
        return self.evenkeel("apply", str(self.repo), "-auto-approve", "-no-color", *arguments)

    def destroy(self, *arguments: str):
        return self.evenkeel("destroy", str(self.repo), "-auto-approve", "-no-color", *arguments)

    def plan(self) -> list:
        """The changes of a plan that are not no-ops."""
        kept = self.folder / "plan.bin"
        kept.unlink(missing_ok=True)
        done = self.evenkeel("plan", str(self.repo), "-no-color", "-detailed-exitcode", f"-out={kept}", check=None)
        if done.returncode == 0:
            return []
        if done.returncode != 2:
            raise Failed(f"plan: {done.stdout}\n{done.stderr}")
        document = json.loads(self.evenkeel("show", "-json", str(kept)).stdout)
        changes = document.get("resource_changes", [])
        return [c for c in changes if c["change"]["actions"] not in (["no-op"], ["read"])]

    def listed(self, kind: str) -> list | None:
        """What the list of a type has; nothing where the type says that it has none."""
        done = self.evenkeel("list", str(self.repo), f"-type={kind}", "-json", check=None)
        if "have no list of their own" in " ".join((done.stdout + done.stderr).split()):
            return None
        if done.returncode:
            raise Failed(f"list: {done.stdout}\n{done.stderr}")
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("type") == kind]

    def objects(self) -> dict:
        """The managed objects that are remembered, by address."""
        document = json.loads(self.evenkeel("show", "-json").stdout)
        found = {}
        modules = [document.get("values", {}).get("root_module", {})]
        while modules:
            module = modules.pop()
            modules += module.get("child_modules", [])
            found |= {r["address"]: r["values"] for r in module.get("resources", []) if r["mode"] == "managed"}
        return found

    def outputs(self) -> dict:
        found = json.loads(self.evenkeel("output", "-json").stdout or "{}")
        return {name: output["value"] for name, output in found.items()}

    def keep(self) -> dict:
        """The store as it is now, to be put back later."""
        return {file.name: file.read_bytes() for file in self.folder.glob("state.db*")}

    def put_back(self, kept: dict):
        for file in self.folder.glob("state.db*"):
            file.unlink()
        for name, content in kept.items():
            (self.folder / name).write_bytes(content)

    def calls_for_copies(self, address: str, copies: int) -> dict:
        """The calls it takes to look at many objects of one resource: the state has the object that often."""
        state = json.loads(self.evenkeel("state", "pull").stdout)
        wanted = [r for r in state["resources"] if matches(r, address)]
        for resource in wanted:
            instance = resource["instances"][0]
            instance.pop("dependencies", None)
            resource["instances"] = [dict(instance, index_key=f"k{n}") for n in range(copies)]
        state.update(resources=wanted, outputs={}, serial=1)
        file = self.folder / "copies.tfstate"
        file.write_text(json.dumps(state))
        store = f"-store={self.folder / f'copies-{copies}.db'}"
        self.evenkeel(store, "state", "push", "-force", str(file))
        # What is read of many must be what is read of one: otherwise the plan has changes.
        done = self.evenkeel(store, "plan", str(self.repo), "-refresh-only", "-detailed-exitcode", "-json")
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        calls = next((line["calls"] for line in lines if line.get("type") == "api_calls"), {})
        return {name: count for name, count in calls.items() if not name.startswith("sts:")}


def matches(resource: dict, address: str) -> bool:
    """Whether a resource of a state file has the object of an address."""
    plain = address.rsplit("[", 1)[0] if address.endswith("]") else address
    path = f"{resource['type']}.{resource['name']}"
    path = f"{resource['module']}.{path}" if resource.get("module") else path
    return resource["mode"] == "managed" and path == plain
