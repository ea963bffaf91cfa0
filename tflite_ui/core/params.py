"""Parameters declared once: the form, the flags, the docs and the validation come from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ValidationError

from tflite_ui.core.errors import InvalidInput
from tflite_ui.core.frozen import Frozen


def _from_text(value: object) -> object:
    """A choice among numbers: a recipe's text holds them as digits."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


Bits = Annotated[Literal[8, 4], BeforeValidator(_from_text)]
"""How many bits a weight has."""


class Params(Frozen):
    """The base of a technique's parameters and a target's options.

    Every field has a type, a default, bounds where they make sense, a ``title`` and a
    ``description``. A field whose ``json_schema_extra`` has ``advanced: True`` is folded away; one with
    ``search`` (see ``core.search.rungs``) is what a search may change. One that was added later has
    ``exclude_if`` it is off: what was made before it keeps its id.
    """

    def changed(self) -> dict[str, Any]:
        """The fields that differ from their defaults."""
        defaults = self.defaults()
        return {k: v for k, v in self.model_dump(mode="json").items() if v != defaults[k]}

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Every field's default, of those that are left out while they are off, too."""
        return {name: field.default for name, field in cls.model_fields.items()}


def parse_params(
    kind: type[Params], values: Mapping[str, Any], owner: str, error: type[InvalidInput]
) -> Params:
    """``values`` (strings or plain values) as ``kind``; raises ``error`` naming the field at fault."""
    known = list(kind.model_fields)
    for name in values:
        if name not in known:
            hint = f"It takes: {', '.join(known)}." if known else "It takes no settings."
            raise error(f"{owner} has no setting '{name}'.", hint)
    try:
        return kind.model_validate(dict(values))
    except ValidationError as invalid:
        first = invalid.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        text = f"{owner}: {field}={first['input']!r} won't do, {_lower(first['msg'])}."
        raise error(text, "See: python -m tflite_ui techniques, or targets.") from None


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def parse_spec(text: str, error: type[InvalidInput]) -> tuple[str, dict[str, str]]:
    """``key:name=value,name=value`` as its key and its values; raises ``error`` on any other form."""
    key, _, rest = text.strip().partition(":")
    values: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in rest.split(","))):
        name, equals, value = pair.partition("=")
        if not equals or not name or not value:
            raise error(f"'{pair}' in '{text}' isn't name=value.", "Write e.g. full_integer:io=int8.")
        if name in values:
            raise error(f"'{name}' stands twice in '{text}'.", "Keep one of them.")
        values[name] = value
    if not key:
        raise error(f"'{text}' names nothing.", "Write e.g. full_integer:io=int8.")
    return key, values


def format_spec(key: str, params: Params) -> str:
    """The inverse of ``parse_spec``, defaults left out."""
    pairs = ",".join(f"{k}={_plain(v)}" for k, v in params.changed().items())
    return f"{key}:{pairs}" if pairs else key


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
