#!/usr/bin/env python3
"""Writes the reference pages of the native AWS provider from the schema files.

    schemas/docs.py           writes docs/reference/aws.md and docs/reference/aws/*.md
    schemas/docs.py --check   fails when one of them is not what it would write

The example of a page is the configuration of the type's case in tests/providers/aws."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCHEMAS = ROOT / "schemas" / "aws"
CASES = ROOT / "tests" / "providers" / "aws"
INDEX = Path("docs/reference/aws.md")
PAGES = Path("docs/reference/aws")
NOTICE = "<!-- Written by schemas/docs.py from schemas/aws; change those. -->\n\n"


def main() -> int:
    pages = all_pages()
    if "--check" not in sys.argv:
        write(pages)
        return 0
    wrong = [str(path) for path, text in pages.items() if read(path) != text]
    wrong += [str(path) for path in present() if path not in pages]
    for path in wrong:
        print(f"error: {path} is stale: run schemas/docs.py", file=sys.stderr)
    return 1 if wrong else 0


def write(pages: dict):
    (ROOT / PAGES).mkdir(parents=True, exist_ok=True)
    for path in present():
        if path not in pages:
            (ROOT / path).unlink()
    for path, text in pages.items():
        (ROOT / path).write_text(text)


def read(path: Path) -> str:
    file = ROOT / path
    return file.read_text() if file.is_file() else ""


def present() -> list:
    return [file.relative_to(ROOT) for file in sorted((ROOT / PAGES).glob("*.md"))]


def all_pages() -> dict:
    """Text by path; a data source has the page of the resource of its name, below it."""
    schemas = {file.stem: json.loads(file.read_text()) for file in sorted(SCHEMAS.glob("*.json"))}
    provider = schemas.pop("provider")
    pages = {INDEX: index(schemas, provider)}
    for kind in sorted({name.removeprefix("data.") for name in schemas}):
        sections = [section(name, schemas[name]) for name in (kind, f"data.{kind}") if name in schemas]
        pages[PAGES / f"{kind}.md"] = f"# `{kind}`\n\n{NOTICE}" + "\n".join(sections)
    return pages


def index(schemas: dict, provider: dict) -> str:
    managed = {name: schema for name, schema in schemas.items() if not name.startswith("data.")}
    data = {name.removeprefix("data."): schema for name, schema in schemas.items() if name.startswith("data.")}
    lines = [
        "# AWS: what is supported\n",
        NOTICE.rstrip() + "\n",
        "Names, defaults and behaviour are those of the public provider `hashicorp/aws`. Arguments that it knows and this one",
        "does not implement are listed: setting one is an error at plan time, never ignored. What is tested, and how many calls",
        "looking at many objects takes: [aws-coverage.md](aws-coverage.md).\n",
        "## Managed resource types\n",
        "| Type | Found again after an interrupted create by | Import identifier |",
        "|---|---|---|",
    ]
    lines += [f"| {link(n)} | {cell(s.get('found_by', ''))} | {cell(s.get('import_id', ''))} |" for n, s in managed.items()]
    lines += ["\n## Data sources\n", "| Type | What it tells |", "|---|---|"]
    lines += [f"| {link(name)} | {cell(schema['description'])} |" for name, schema in data.items()]
    lines += ["\n## Not implemented\n", "| Type | Arguments and blocks |", "|---|---|"]
    for name, schema in [*managed.items(), *(("data " + n, s) for n, s in data.items()), ('provider "aws"', provider)]:
        names = unsupported(schema["block"])
        lines += [f"| `{name}` | {', '.join(f'`{n}`' for n in names)} |"] if names else []
    return "\n".join(lines) + "\n"


def link(kind: str) -> str:
    return f"[`{kind}`](aws/{kind}.md)"


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def unsupported(block: dict, prefix: str = "") -> list:
    found = [prefix + name for name, a in block.get("attributes", {}).items() if a.get("unsupported")]
    for name, nested in block.get("block_types", {}).items():
        if nested.get("unsupported"):
            found.append(prefix + name)
        else:
            found += unsupported(nested["block"], f"{prefix}{name}.")
    return sorted(found)


def section(name: str, schema: dict) -> str:
    """One resource type or data source."""
    is_data = name.startswith("data.")
    parts = [f"## {'Data source' if is_data else 'Resource'}\n\n{schema['description']}\n"]
    example = CASES / name / "main.tf"
    if example.is_file():
        parts.append(f"```hcl\n{example.read_text().strip()}\n```\n")
    blocks = list(walk(schema["block"], ""))
    parts.append(rows("Arguments", [row for block in blocks for row in arguments(*block)]))
    parts.append(rows("Attributes", [row for block in blocks for row in attributes(*block)]))
    if not is_data:
        parts.append(f"**Import** by {lower(schema['import_id'])}\n")
        parts.append(f"**After an interrupted create** it is found again by: {lower(schema['found_by'])}\n")
    if schema.get("stateful"):
        parts.append("It holds data: its destruction is never approved without a look.\n")
    return "\n".join(part for part in parts if part)


def lower(text: str) -> str:
    """The start of a sentence inside another one; abbreviations stay."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] in (" ", "'") else text


def rows(title: str, found: list) -> str:
    if not found:
        return ""
    return f"### {title}\n\n| Name | Type | |\n|---|---|---|\n" + "\n".join(found) + "\n"


def walk(block: dict, path: str):
    """A block and those in it, each with its path; what is not implemented has no further rows."""
    yield block, path
    for name, nested in block.get("block_types", {}).items():
        if not nested.get("unsupported"):
            yield from walk(nested["block"], f"{path}{name}.")


def arguments(block: dict, path: str) -> list:
    settable = [(n, a) for n, a in block.get("attributes", {}).items() if a.get("required") or a.get("optional")]
    found = {n: (kind_of(a["type"]), " ".join([a["description"], *marks(a)])) for n, a in settable}
    for name, nested in block.get("block_types", {}).items():
        found[name] = ("block", " ".join([nested.get("description", ""), *block_marks(nested)]))
    return [f"| `{path}{name}` | {kind} | {cell(text)} |" for name, (kind, text) in sorted(found.items())]


def attributes(block: dict, path: str) -> list:
    computed = [(n, a) for n, a in block.get("attributes", {}).items() if not (a.get("required") or a.get("optional"))]
    return [f"| `{path}{n}` | {kind_of(a['type'])} | {cell(a['description'])} |" for n, a in computed]


def marks(attribute: dict) -> list:
    """What is said about an argument behind its description."""
    found = ["**Required.**"] if attribute.get("required") else []
    if attribute.get("unsupported"):
        found.append("**Not implemented: setting it is refused.**")
    if attribute.get("force_new"):
        found.append("A change makes a new object.")
    if "default" in attribute:
        found.append(f"Default: `{json.dumps(attribute['default'], ensure_ascii=False)}`.")
    if attribute.get("valid_values"):
        found.append("One of " + ", ".join(f"`{value}`" for value in attribute["valid_values"]) + ".")
    if attribute.get("conflicts_with"):
        found.append("Not together with " + ", ".join(f"`{name}`" for name in attribute["conflicts_with"]) + ".")
    if attribute.get("sensitive"):
        found.append("Sensitive.")
    if attribute.get("deprecated"):
        found.append(f"Deprecated: {attribute['deprecated']}")
    return found


def block_marks(nested: dict) -> list:
    found = ["**Not implemented: writing it is refused.**"] if nested.get("unsupported") else []
    if nested.get("min_items"):
        found.append("**Required.**")
    if nested.get("max_items") == 1:
        found.append("At most one.")
    if nested.get("force_new"):
        found.append("A change makes a new object.")
    return found


def kind_of(kind) -> str:
    """A type as people write it."""
    if isinstance(kind, str):
        return "any" if kind == "dynamic" else kind
    name, inner = kind[0], kind[1]
    if name == "object":
        return "object(" + ", ".join(f"{k}: {kind_of(v)}" for k, v in inner.items()) + ")"
    if name == "tuple":
        return "tuple(" + ", ".join(kind_of(v) for v in inner) + ")"
    return f"{name}({kind_of(inner)})"


if __name__ == "__main__":
    sys.exit(main())
