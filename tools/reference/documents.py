"""The page of the JSON documents, written from their models by way of their JSON Schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from homeward.case.describe import case_schemas
from homeward.cli.app import app
from homeward.cli.schema import schemas
from homeward.results.contract import Document
from tools.reference.markdown import MissingMeaningError, as_markdown, meanings, table

__all__ = ["document_page"]

INTRODUCTION = """\
# JSON documents

With `--json` a command writes one of these documents to standard output and nothing else; `run.json` in the folder
of a run is the first of them. Each names itself in `schema`. Fields may be added, none is renamed or removed under the
same number, so read the fields that you need and pass over the others. What is not a number is null; dates are
written year-month-day. `homeward schema --out schemas` writes the JSON Schema of each.

This page is written from the models by `python -m tools.describe_reference`.
"""

Schema = Mapping[str, Any]


def document_page() -> str:
    """Return the page as Markdown; raises MissingMeaningError for fields that nobody has described."""
    documents = _documents()
    missing = [field for schema in documents.values() for field in _undescribed(schema)]
    if missing:
        raise MissingMeaningError(
            f"no meaning for {', '.join(dict.fromkeys(missing))}: describe each in its model "
            "(Field(description=…), or by its name in double backquotes in the docstring), or in meanings.toml"
        )
    listed = table(
        ("document", "by", "is"),
        (
            (f"[`{_identity(schema)}`](#{_identity(schema).replace('/', '')})", _writer(name), _summary(name, schema))
            for name, schema in documents.items()
        ),
    )
    return "\n".join([INTRODUCTION, listed, *(_section(schema) for schema in documents.values())])


def _documents() -> dict[str, Schema]:
    """Return the JSON Schema of every document by its name: those of the commands, then those of Python only."""
    written = {name: schema for name, schema in schemas().items() if name not in case_schemas()}
    found = {_name(schema): schema for schema in _numbered_documents()}
    return written | {name: schema for name, schema in sorted(found.items()) if name not in written}


def _numbered_documents() -> Iterator[Schema]:
    """Yield the JSON Schema of every model of ours whose documents name themselves."""
    for model in _descendants(Document):
        if not model.__module__.startswith("homeward."):
            continue
        schema = model.model_json_schema(mode="serialization")
        if "const" in schema["properties"].get("schema", {}):
            yield schema


def _descendants(model: type[Document]) -> Iterator[type[Document]]:
    for child in model.__subclasses__():
        yield child
        yield from _descendants(child)


def _writer(name: str) -> str:
    """Return what writes a document."""
    by = {"run": "`homeward run`, and `run.json`", "error": "any command that fails"}
    commands = {command.callback.__name__ for command in app.registered_commands if command.callback}
    return by.get(name) or (f"`homeward {name}`" if name in commands else "Python only")


def _name(schema: Schema) -> str:
    return _identity(schema).split("/")[1]


def _summary(name: str, schema: Schema) -> str:
    """Return what a document is: by the file of meanings, else the first line of its docstring."""
    return meanings("documents").get(name) or as_markdown(schema.get("description", "").partition("\n")[0])


def _identity(schema: Schema) -> str:
    return str(schema["properties"]["schema"]["const"])


def _section(schema: Schema) -> str:
    parts = [f"## {_identity(schema)}\n", as_markdown(schema.get("description", "")) + "\n", _fields(schema, schema)]
    for name in _parts(schema, schema):
        model = schema["$defs"][name]
        parts += [f"**{name}**: {as_markdown(model.get('description', ''))}\n", _fields(model, schema)]
    return "\n".join(parts)


def _fields(model: Schema, document: Schema) -> str:
    rows = (
        (f"`{name}`", _value_words(field, document), _meaning(model, name) or "see above")
        for name, field in model["properties"].items()
    )
    return table(("field", "value", "meaning"), rows)


def _parts(model: Schema, document: Schema, seen: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the models that stand inside one, in the order in which they are met."""
    for name in _references(model["properties"]):
        if name not in seen:
            seen = _parts(document["$defs"][name], document, (*seen, name))
    return seen


def _references(found: object) -> Iterator[str]:
    if isinstance(found, Mapping):
        if "$ref" in found:
            yield _model_of(found)
        for value in found.values():
            yield from _references(value)
    elif isinstance(found, list):
        for value in found:
            yield from _references(value)


def _model_of(field: Schema) -> str:
    return str(field["$ref"].rpartition("/")[2])


def _undescribed(document: Schema) -> Iterator[str]:
    for model in (document, *(document["$defs"][name] for name in _parts(document, document))):
        words = model.get("description", "")
        for name in model["properties"]:
            if not _meaning(model, name) and f"``{name}``" not in words:
                yield f"{model['title']}.{name}"


def _meaning(model: Schema, name: str) -> str:
    """Return the meaning of a field: from the model, else from the file of meanings, else as anywhere."""
    described = model["properties"][name].get("description")
    own = meanings(f"fields.{model['title']}").get(name)
    return as_markdown(described or own or meanings("fields").get(name, ""))


def _value_words(field: Schema, document: Schema) -> str:
    """Return what may stand in a field, in words."""
    if "$ref" in field:
        return _model_of(field)
    if "anyOf" in field:
        words = [_value_words(choice, document) for choice in field["anyOf"]]
        return " or ".join(words)
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    return _type_words(field, document)


def _type_words(field: Schema, document: Schema) -> str:
    kind, form = field.get("type"), field.get("format")
    if kind == "array":
        return f"list of {_value_words(field['items'], document)}"
    if kind == "object":
        return f"{_value_words(field['additionalProperties'], document)} by name"
    if kind == "string":
        return {"date": "date", "date-time": "date and time"}.get(str(form), "text")
    return {"integer": "whole number", "number": "number", "boolean": "true or false", "null": "null"}[str(kind)]
