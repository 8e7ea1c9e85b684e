#!/usr/bin/env python3
"""Writes the reference page of the utility providers from their schema files.

    schemas/utility.py           writes docs/reference/utility.md
    schemas/utility.py --check   fails when it is not what it would write

The example of a type is its first block in schemas/utility.tf, which has every type."""

import json
import re
import sys

from docs import ROOT, arguments, attributes, lower, rows, walk

PAGE = ROOT / "docs" / "reference" / "utility.md"
EXAMPLES = ROOT / "schemas" / "utility.tf"
FOLLOWED = {"random": "3.9.0", "null": "3.3.1", "time": "0.14.0", "local": "2.9.0", "tls": "4.2.1", "sops": "1.4.1", "age": "none, it is our own"}
PUBLISHERS = {"sops": "carlpett"}
WORDS = {"": "Resource", "data": "Data source", "ephemeral": "Ephemeral resource"}
INTRODUCTION = """# Utility providers

<!-- Written by schemas/utility.py from the files in schemas; change those. -->

`hashicorp/random`, `null`, `time`, `local` and `tls`, `carlpett/sops` and `age`, are built in. Names, defaults, replacements, import identifiers and
results are those of the public providers in the versions below; any version constraint is accepted. A seed gives the
numbers and orders that it gives there. States that older versions wrote are taken over.

| Provider | Follows | Configuration |
|---|---|---|
"""
NOTES = {
    "random": "The words of `random_pet` are others than those of the public provider. At most 1,048,576 characters, bytes, "
    "words or elements are drawn at once.",
    "local": "Files of this machine are touched only where the operator allows it: `-allow-local-files=DIR[:DIR]`, or\n"
    "`EVENKEEL_ALLOW_LOCAL_FILES` in the environment. Below these directories files may be written and read. Data sources and\n"
    "`source` read the files of the revision that is evaluated besides, and those of the directory that is evaluated as it\n"
    "stands. Links are followed before a path is judged. Relative paths start in the directory of the root module.",
    "time": "That a rotation is over is seen when the object is looked at: with `-refresh=false` it stays.",
    "tls": "Private keys are in the state, sealed as every sensitive value there is. That a certificate is due is seen when the object\n"
    "is looked at. `tls_certificate` connects to the host that its URL names; proxies are those of `proxy`, or of `HTTPS_PROXY`\n"
    "and `NO_PROXY`, and speak HTTP.",
    "sops": "Files that sops sealed with age, read as `data \"local_file\"` reads its files: from the revision that is evaluated, and from\n"
    "the directory that is evaluated as it stands. The keys are the operator's, who names them to sops in the same way: `SOPS_AGE_KEY`,\n"
    "`SOPS_AGE_KEY_FILE`, `SOPS_AGE_KEY_CMD` (run by `/bin/sh`, with `SOPS_AGE_RECIPIENT` set), and `sops/age/keys.txt` below\n"
    "`XDG_CONFIG_HOME` (without it `~/.config`, on macOS `~/Library/Application Support`). Keys start with `AGE-SECRET-KEY-1`; those of\n"
    "SSH, of plugins and post-quantum ones open nothing. A file whose key is sealed with another service only (`kms`, `gcp_kms`, `hckms`,\n"
    "`azure_kv`, `hc_vault`, `pgp`), or divided among several key groups, is refused with the recipients that it names. Every value is\n"
    "checked as sops does it, and so is the code (MAC) over all of them. `data` has keys and positions joined with dots: `db.ports.0`; null\n"
    "is `null`, numbers of JSON are fractions, so that a million is `1e+06`. A text that is not UTF-8 is refused.",
    "age": "Single values that stand sealed in a configuration, without a file of sops around them. It needs no `required_providers`. Keys are\n"
    "those of sops above; `SOPS_AGE_RECIPIENT` is not set.",
}


def main() -> int:
    text = page()
    if "--check" not in sys.argv:
        PAGE.write_text(text)
        return 0
    if PAGE.is_file() and PAGE.read_text() == text:
        return 0
    print(f"error: {PAGE.relative_to(ROOT)} is stale: run schemas/utility.py", file=sys.stderr)
    return 1


def page() -> str:
    names = [f"| `{PUBLISHERS.get(name, 'hashicorp')}/{name}` | {version} | {configuration(name)} |" for name, version in FOLLOWED.items()]
    return INTRODUCTION + "\n".join(names) + "\n" + "".join(provider(name) for name in FOLLOWED)


def configuration(name: str) -> str:
    block = json.loads((ROOT / "schemas" / name / "provider.json").read_text())["block"]
    found = [row for part in walk(block, "") for row in arguments(*part)]
    return ", ".join(row.split("|")[1].strip() for row in found) or "none"


def provider(name: str) -> str:
    files = sorted((ROOT / "schemas" / name).glob("*.json"), key=lambda file: file.stem.split(".")[::-1])
    types = [section(file) for file in files if file.stem != "provider"]
    note = f"\n{NOTES[name]}\n" if name in NOTES else ""
    return f"\n## {name}\n{note}" + "".join(types)


def section(file) -> str:
    schema = json.loads(file.read_text())
    mode = file.stem.rpartition(".")[0]
    blocks = list(walk(schema["block"], ""))
    parts = [f"### {WORDS[mode]} `{schema['type_name']}`\n", schema["description"] + "\n", example(mode, schema["type_name"])]
    for title, found in (("Arguments", arguments), ("Attributes", attributes)):
        table = rows(title, [row for block in blocks for row in found(*block)])
        parts.append(table.replace("### ", "#### ", 1))
    if not mode:
        parts.append(f"**Import** by {lower(schema['import_id'])}\n" if "import_id" in schema else "It cannot be imported.\n")
        parts.append(f"**After an interrupted create**: {lower(schema['found_by'])}.\n")
    return "\n" + "\n".join(part for part in parts if part)


def example(mode: str, kind: str) -> str:
    opening = f'{mode or "resource"} "{kind}" '
    found = re.search(rf"^{re.escape(opening)}.*?(?:\}}$|^\}}$)", EXAMPLES.read_text(), re.MULTILINE | re.DOTALL)
    block = found.group(0) if found else ""
    if block and not block.endswith("{}"):
        block = re.search(rf"^{re.escape(opening)}.*?^\}}$", EXAMPLES.read_text(), re.MULTILINE | re.DOTALL).group(0)
    return f"```hcl\n{block}\n```\n" if block else ""


if __name__ == "__main__":
    sys.exit(main())
