"""docs/strategy.md, made from the rules of advice: ``python -m docs.make_strategy`` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tflite_ui.advice.rules import Rule, Source, rules
from tflite_ui.advice.traits import WORDS

FILE = Path(__file__).parent / "strategy.md"
HEAD = """# Which technique, and why

What the app advises before anything has run. A rule speaks for its recipes if everything it asks for is so;
the weights of the rules that speak are added up. What can't be done with what there is is left out. What
can't meet a limit or takes longer than there is time goes to the end; what usually meets a limit on the size
without training gains 3. The rules are data (`tflite_ui/advice/rules.toml`); this page is made from them by
`python -m docs.make_strategy`.

Advice is no measurement: run the study, and its recommendation rests on what was measured.
"""
DATA = {"none": "no data", "unlabelled": "data without labels", "labelled": "labelled data"}
WANTS = {
    "size": "a small file",
    "gzip": "a small download",
    "latency": "speed",
    "accuracy": "the least loss",
    "arena": "little memory",
}


def page() -> str:
    """The whole page as Markdown."""
    return "\n".join([HEAD, *_rules(), *_hardware(), *_expected()]) + "\n"


def _rules() -> Iterator[str]:
    yield "## Rules\n"
    yield "| When | Try | Weight | Because | Source |"
    yield "| --- | --- | --- | --- | --- |"
    for rule in rules().rule:
        tried = "<br>".join(f"`{recipe}`" for recipe in rule.recipes)
        link = _link(rules().sources[rule.source])
        yield f"| {_when(rule)} | {tried} | {rule.weight:+g} | {rule.why} | {link} |"


def _when(rule: Rule) -> str:
    titles = {key: hardware.title for key, hardware in rules().hardware.items()}
    parts = [
        " or ".join(DATA[have] for have in rule.data),
        f"wanted: {' or '.join(WANTS[want] for want in rule.wants)}" if rule.wants else "",
        " or ".join(titles[key] for key in rule.hardware),
        f"not {' or '.join(titles[key] for key in rule.not_hardware)}" if rule.not_hardware else "",
        *(WORDS[trait] for trait in rule.traits),
    ]
    return "; ".join(filter(None, parts)) or "always"


def _hardware() -> Iterator[str]:
    yield "\n## Target hardware\n"
    yield "| Key | Hardware | What counts there | Told or measured by |"
    yield "| --- | --- | --- | --- |"
    for key, hardware in rules().hardware.items():
        yield f"| `{key}` | {hardware.title} | {hardware.note} | `{hardware.target}` |"


def _expected() -> Iterator[str]:
    yield "\n## What recipes usually come to\n"
    yield "Rough factors over the float file, rules of thumb: only some of these were"
    yield "[measured](results.md). They tell which limits look out of reach; none is shown as a result.\n"
    yield "| Recipe | Smaller | Smaller under gzip |"
    yield "| --- | --- | --- |"
    for recipe, usual in rules().expected.items():
        yield f"| `{recipe}` | {usual.smaller:g}x | {usual.gzip:g}x |"


def _link(source: Source) -> str:
    return f"[{source.title}]({source.url})"


if __name__ == "__main__":
    FILE.write_text(page(), "utf-8")
