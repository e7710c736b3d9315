"""Figures of a benchmark run: medians and ratios as a table for people and JSON lines for programs (bench/results/)."""

import json
import statistics
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True)
class Figure:
    """One measured value; the unit stands in `figure`."""

    suite: str
    figure: str
    server: str
    value: float


def print_table(figures: list[Figure], *, ours: str) -> None:
    """Medians per server, and each peer's value divided by ours; also written as JSON lines."""
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    for figure in figures:
        values[(figure.figure, figure.server)].append(figure.value)
    servers = [ours, *sorted({figure.server for figure in figures} - {ours})]
    names = list(dict.fromkeys(figure.figure for figure in figures))
    width = max(len(name) for name in names)
    print("\n" + " | ".join([f"{'figure':{width}}", *(f"{server:>24}" for server in servers)]))
    for name in names:
        cells = []
        mine = statistics.median(values[(name, ours)]) if (name, ours) in values else None
        for server in servers:
            found = values.get((name, server))
            if not found:
                cells.append(f"{'–':>24}")
                continue
            median = statistics.median(found)
            ratio = f" ({median / mine:.1f} ×)" if server != ours and mine else ""
            cells.append(f"{median:.5g}{ratio}".rjust(24))
        print(" | ".join([f"{name:{width}}", *cells]))
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / f"{figures[0].suite}-{int(time.time())}.jsonl"
    target.write_text("".join(json.dumps(asdict(figure)) + "\n" for figure in figures), encoding="utf-8")
    print(f"\n{len(figures)} figures in {target.relative_to(RESULTS.parent.parent)}")
