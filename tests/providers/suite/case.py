"""One case: the folder of a resource type or data source, and what its `case.json` says."""

import copy
import json
import re
from pathlib import Path

KEYS = {"address", "import_id", "import_ignore", "drift", "drifts", "untried", "each", "same", "skip", "outputs"}
PHASES = ("main.tf", "update.tf", "replace.tf")
PROVIDER = 'provider "aws" {\n  region = "us-east-1"\n}\n'


class Case:
    """A case as it is written down. `kind` is the folder's name: `aws_vpc` or `data.aws_vpc`."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.kind = folder.name
        document = json.loads((folder / "case.json").read_text())
        unknown = set(document) - KEYS
        if unknown:
            raise SystemExit(f"error: {folder}/case.json: unknown keys: {', '.join(sorted(unknown))}")
        self.address = document.get("address")
        self.import_id = document.get("import_id", "${id}")
        self.import_ignore = set(document.get("import_ignore", []))
        self.drift = document.get("drift", [])
        self.drifts = document.get("drifts", {})
        self.untried = document.get("untried", {})
        self.each = document.get("each", [])
        self.same = document.get("same", "id")
        self.skip = document.get("skip", {})
        self.outputs = document.get("outputs", {})
        if not self.is_data and not self.address:
            raise SystemExit(f"error: {folder}/case.json: no address")

    @property
    def is_data(self) -> bool:
        return self.kind.startswith("data.")

    def has(self, phase: str) -> bool:
        return (self.folder / phase).is_file()

    def skipped(self, check: str) -> str | None:
        """Why a check is left out, if it is."""
        return self.skip.get(check) or self.skip.get("*")

    def there(self, skip: dict) -> "Case":
        """The case for LocalStack: with what that lacks, and without what only moto does (null)."""
        other = copy.copy(self)
        other.skip = {check: why for check, why in (self.skip | skip).items() if why}
        return other

    def is_own(self, name: str) -> bool:
        """Whether a file says what is checked, and is nothing that configuration reads."""
        return name in (*PHASES, "case.json") or (name.startswith("drift-") and name.endswith(".tf"))

    def files(self, phase: str) -> dict:
        """The configuration of a phase: the phase's file as main.tf, and what else is in the folder."""
        others = [f for f in self.folder.rglob("*") if f.is_file() and not self.is_own(f.name)]
        files = {str(f.relative_to(self.folder)): f.read_bytes() for f in others}
        text = (self.folder / phase).read_text()
        if not re.search(r'^provider "aws"', text, re.MULTILINE):
            files["provider.tf"] = PROVIDER.encode()
        files["main.tf"] = text.encode()
        return files


def find(root: Path, kinds: list) -> list:
    """The cases of a provider's folder, or those of the given types."""
    cases = [Case(file.parent) for file in sorted(root.glob("*/*/case.json"))]
    missing = set(kinds) - {case.kind for case in cases}
    if missing:
        raise SystemExit(f"error: no case for {', '.join(sorted(missing))}")
    return [case for case in cases if not kinds or case.kind in kinds]


def on_localstack(root: Path) -> dict:
    """The types that run against LocalStack too, each with the checks that cannot be made there."""
    return json.loads((root.parent / "localstack" / "cases.json").read_text())


def is_for_localstack(kind: str, on_localstack: dict) -> bool:
    """Whether moto cannot run the case at all, and LocalStack can."""
    return on_localstack.get(kind, {}).get("*", "") is None


def fill(template, values: dict):
    """A call's arguments with `${attribute}` and `${address.attribute}` replaced by what `values` has.
    A string that is nothing but one placeholder becomes the value itself, whatever its type."""
    if isinstance(template, dict):
        return {key: fill(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [fill(value, values) for value in template]
    if not isinstance(template, str):
        return template
    whole = re.fullmatch(r"\$\{([^}]+)\}", template)
    if whole:
        return lookup(values, whole.group(1))
    return re.sub(r"\$\{([^}]+)\}", lambda found: str(lookup(values, found.group(1))), template)


def lookup(values: dict, path: str):
    if path not in values:
        raise AssertionError(f"nothing has the value ${{{path}}}; there are: {', '.join(sorted(values))}")
    return values[path]
