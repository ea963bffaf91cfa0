"""Run ``ai_edge_litert.tools.benchmark_litert_model`` with its figures unrounded.

``python -m bench.litert_tool ARGUMENTS``: the tool as it is installed, with its own arguments. It rounds
what it reports to 0.01 ms, which is some percent of a small net's time, so it is given a ``round`` that
doesn't; what it runs and times is untouched.
"""

from __future__ import annotations

from ai_edge_litert.tools import benchmark_litert_model


def main() -> None:
    """Run the tool on this process's arguments."""
    vars(benchmark_litert_model)["round"] = lambda value, _: value
    benchmark_litert_model.main()


if __name__ == "__main__":
    main()
