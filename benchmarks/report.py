"""Writes the measurements of bench.py as tables (bench.md) and as a picture (bench.svg).

python benchmarks/report.py
"""

import json
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).resolve().parent / "results"
TOP_MODELS = 12
SPAN = "first to last model or test"
# In the order of the tables: the name of each contestant, and its group.
CONTESTANTS = {
    "floor": ("floor: one typed read", "floor"),
    "Polars": ("Polars, questions 1 to 3", "peer"),
    "chDB": ("chDB, questions 1 to 3", "peer"),
    "questions 1 to 3": ("dbt run, questions 1 to 3", "project"),
    "pandas, Grouper": ("pandas (Grouper), 1 and 2, tumbling only", "pandas"),
    "pandas, resample": ("pandas (resample), 1 and 2, tumbling only", "pandas"),
    "dbt run": ("dbt run, every model", "project"),
    "make build": ("make build: the same and all data tests", "project"),
    "dbt build": ("dbt build: unit tests, too", "project"),
    "a bad row in every file": ("make build with a bad row in every file", "project"),
}
MODELS_TABLE_SUMS = {
    "model": "all models",
    "test": "all data tests",
    "unit_test": "all unit tests",
    SPAN: SPAN,
}
LATER_BUILDS = {
    "that day alone": "the last day alone, from nothing",
    "one more day": "the last day on top of the others",
    "nothing new": "nothing new (dbt runs all the same)",
    "all days": "all days from nothing",
}
# Okabe and Ito's colours, which colour-blind readers can distinguish.
COLOURS = {"project": "#0072B2", "peer": "#E69F00", "pandas": "#CC79A7", "floor": "#777777"}
LEGEND = {
    "project": "this project (light: dbt's own start and end)",
    "peer": "Polars, chDB",
    "pandas": "pandas",
    "floor": "floor",
}


def medians(runs):
    """The median of each figure."""
    return [median(figures) for figures in zip(*runs, strict=True)]


def table(head, rows):
    """A Markdown table; the columns after the first are numbers."""
    rule = ["---"] + ["--:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in [head, rule, *rows])


class Size:
    """The medians of all measurements on one fleet."""

    def __init__(self, results):
        self.results = results
        self.scale = results["scale"]
        self.readings = results["readings"]
        self.runs = {name: medians(runs) for name, runs in results["runs"].items()}

    def wall(self, contestant):
        """Median wall seconds, or none."""
        return self.runs.get(contestant, [None])[0]

    def kind(self, contestant, kind):
        """Median of the seconds that dbt reports for all nodes of a kind."""
        return median(self.results["kinds"].get(contestant, {}).get(kind, [0]))

    def model_sum(self, contestant="dbt run"):
        """Median total seconds of all models of a run, or none."""
        return self.kind(contestant, "model") or None

    def title(self):
        """The fleet of the measurements."""
        runs = max(map(len, self.results["runs"].values()))
        return (
            (f"{self.scale} x the real week: " if self.scale else "A day on top of a month: ")
            + f"{self.results['days']} days, {self.readings / 1e6:.1f} million readings, "
            f"{self.results['gigabytes']:.1f} GB; "
            + ("one run" if runs == 1 else f"medians of {runs} runs")
        )


def verdict(is_met):
    """Whether a target is met."""
    return {True: "met", False: "**not met**", None: ""}[is_met]


def ratio_row(label, above, below, limit):
    """A target for the ratio of two figures."""
    if not above or not below:
        return None
    ratio = above / below
    measured = f"{ratio:.2f} ({above:.1f} s / {below:.1f} s)"
    return [label, f"≤ {limit}", measured, verdict(ratio <= limit)]


def targets(sizes, month, starts):
    """Each target with its measurement."""
    first, last = sizes[0], sizes[-1]
    rows = [
        ratio_row(
            f"`make build` from nothing, over pandas (resample), {first.scale} x",
            first.wall("make build"),
            first.wall("pandas, resample"),
            1.0,
        )
    ]
    for size in sizes:
        for peer, limits in {"Polars": (2.8, 1.5), "chDB": (2.1, 1.4)}.items():
            label = f"sum of the models of questions 1 to 3, over {peer}, {size.scale} x"
            ours, limit = size.model_sum("questions 1 to 3"), limits[size.scale >= 10]
            rows.append(ratio_row(label, ours, size.wall(peer), limit))
    for size in sizes:
        label = f"first to last model, over the floor, {size.scale} x"
        rows.append(ratio_row(label, size.kind("dbt run", SPAN), size.wall("floor"), 7))
    rows.append(
        ratio_row(
            f"`make build` with a bad row in every file, over the same without, {first.scale} x",
            first.wall("a bad row in every file"),
            first.wall("make build"),
            1.1,
        )
    )
    for size in sizes[1:]:
        if size.model_sum() and first.model_sum():
            label = f"models' time per million readings, {size.scale} x over {first.scale} x"
            costs = [s.model_sum() / s.readings * 1e6 for s in (size, first)]
            ratio = costs[0] / costs[1]
            measured = f"{ratio:.2f} ({costs[0]:.2f} s / {costs[1]:.2f} s)"
            rows.append([label, "≤ 1.1", measured, verdict(ratio <= 1.1)])
    if "dbt build" in last.runs:
        peak = max(last.runs[name][2] for name in ("dbt run", "dbt build"))
        is_met = peak <= 4.5 if last.scale >= 10 else None
        rows.append([f"peak memory, {last.scale} x", "≤ 4.5 GB", f"{peak:.1f} GB", verdict(is_met)])
    if little := last.results.get("little memory"):
        run, usual = little["run"], last.wall("dbt build")
        label = f"completes with a memory limit of {little['limit']}, {last.scale} x"
        measured = "did not complete"
        if run:
            measured = f"{run[0]:.0f} s instead of {usual:.0f} s, peak {run[2]:.1f} GB"
        rows.append([label, "yes", measured, verdict(bool(run))])
    if month:
        label = f"`make build` of day {month.results['days']} on top of the others, over it alone"
        rows.append(ratio_row(label, month.wall("one more day"), month.wall("that day alone"), 1.4))
        label = f"the same, over all {month.results['days']} days from nothing"
        rows.append(ratio_row(label, month.wall("one more day"), month.wall("all days"), 0.35))
    for size in sizes:
        if marts := size.results.get("marts"):
            seconds, name = max((median(runs), name) for name, runs in marts.items())
            label = f"`from marts.…` in the shell, the slowest, {size.scale} x"
            measured = f"{seconds:.3f} s (`{name}`)"
            rows.append([label, "< 0.1 s", measured, verdict(seconds < 0.1)])
    if starts:
        start = medians(starts["dbt compile of nothing, parsed before"])[0]
        rows.append(["dbt's own start, parsed before", "", f"{start:.1f} s", ""])
    return [row for row in rows if row]


def contestants_table(size):
    """All contestants on one fleet."""
    floor_wall, floor_cpu, _ = size.runs["floor"]
    rows = []
    for contestant, (name, _) in CONTESTANTS.items():
        if contestant in size.results["left_out"]:
            rows.append([name, size.results["left_out"][contestant], *[""] * 5])
        elif contestant in size.runs:
            wall, cpu, peak = size.runs[contestant]
            models = size.model_sum(contestant)
            rows.append(
                [
                    name,
                    *(f"{figure:.1f}" for figure in (wall, cpu, peak)),
                    *(f"{ratio:.1f}" for ratio in (wall / floor_wall, cpu / floor_cpu)),
                    f"{models:.1f}" if models else "",
                ]
            )
    head = ["", "wall s", "CPU s", "peak GB", "wall over floor", "CPU over floor", "its models s"]
    return table(head, rows)


def models_table(size):
    """The models that take the longest, and the total of the others."""
    contestants = [name for name in size.runs if name in size.results["models"]]
    seconds = {
        contestant: {
            name: median(runs) for name, runs in size.results["models"].get(contestant, {}).items()
        }
        for contestant in contestants
    }
    every = seconds["dbt run" if "dbt run" in seconds else contestants[0]]
    ordered = sorted(every, key=every.get, reverse=True)
    top, others = ordered[:TOP_MODELS], ordered[TOP_MODELS:]

    def cell(contestant, names):
        known = [seconds[contestant][name] for name in names if name in seconds[contestant]]
        return f"{sum(known):.2f}" if known else ""

    rows = [[f"`{name}`", *(cell(c, [name]) for c in contestants)] for name in top]
    rows.append([f"{len(others)} others", *(cell(c, others) for c in contestants)])
    for kind, label in MODELS_TABLE_SUMS.items():
        cells = [size.kind(c, kind) for c in contestants]
        rows.append([label, *(f"{c:.2f}" if c else "" for c in cells)])
    return table(["seconds, by dbt's clock", *contestants], rows)


def later_builds_table(size):
    """Builds on top of an earlier build."""
    least = size.wall("that day alone")
    rows = [
        [label, f"{wall:.1f}", f"{cpu:.1f}", f"{peak:.1f}", f"{wall / least:.2f}"]
        for name, label in LATER_BUILDS.items()
        for wall, cpu, peak in [size.runs[name]]
    ]
    return table(["`make build`", "wall s", "CPU s", "peak GB", "wall over that day alone"], rows)


def marts_table(sizes):
    """The times of each mart in the shell."""
    rows = [
        [name, *(f"{median(size.results['marts'][name]):.3f}" for size in sizes)]
        for name in sizes[-1].results["marts"]
    ]
    return table(["seconds", *(f"{size.scale} x" for size in sizes)], rows)


def markdown(results):
    """The whole report."""
    sizes = [Size(size) for size in results["sizes"]]
    month = Size(results["month"]) if "month" in results else None
    machine, starts = results["machine"], results["starts"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    parts = [
        "# How fast",
        f"Made by `benchmarks/bench.py` on {machine['cores']} cores and {machine['memory']} GB "
        f"(load average before: {machine['load']}), "
        f"with Python {machine['python']}, {versions}. Contestants took turns, each in a process "
        "of its own. A time is reported only if all contestants give the same answer: Polars and "
        "chDB by tumbling windows and sliding periods, pandas by tumbling windows only. Wall and "
        "CPU are of the whole "
        "process, with its start; the models' times are dbt's own. Memory is resident, and counts "
        "the pages of mapped files. The project was parsed before, its seeds were loaded for "
        "`dbt run`, and everything else was built from nothing.",
        "## Against the targets",
        table(["", "target", "measured", ""], targets(sizes, month, starts)),
    ]
    for size in sizes:
        parts += [f"## {size.title()}", contestants_table(size)]
        generation = size.results["generation"][0]
        parts.append(f"Generating the fleet took {generation:.0f} s.")
        parts += ["### The models", models_table(size)]
    if month:
        parts += [f"## {month.title()}", later_builds_table(month), models_table(month)]
    if starts:
        parts += [
            "## What starting takes",
            table(
                ["", "wall s", "CPU s", "peak GB"],
                [
                    [name, *(f"{figure:.2f}" for figure in medians(runs))]
                    for name, runs in starts.items()
                ],
            ),
        ]
    if opened := [size for size in sizes if "marts" in size.results]:
        start = medians(opened[-1].results["shell"])[0]
        parts += [
            "## `from marts.…` in the shell",
            "By the shell's own timer, as the first query after it opened the warehouse; to start, "
            f"open it and end takes {start:.2f} s.",
            marts_table(opened),
        ]
    return "\n\n".join(parts) + "\n"


def draw(results, path):
    """Wall time, CPU time and peak memory of all contestants, one row per size."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "bench"  # the same figures give the same file
    from matplotlib import pyplot
    from matplotlib.patches import Patch

    sizes = [Size(size) for size in results["sizes"]]
    names = list(CONTESTANTS)[::-1]
    measures = ["wall time, s", "CPU time, s", "peak memory, GB"]
    figure, axes = pyplot.subplots(
        len(sizes), 3, figsize=(11, 0.9 + 2.5 * len(sizes)), squeeze=False, sharey=True
    )
    for size, row in zip(sizes, axes, strict=True):
        for column, (axis, unit) in enumerate(zip(row, measures, strict=True)):
            figures = [size.runs[name][column] if name in size.runs else 0 for name in names]
            widest = max(figures)
            for place, (name, value) in enumerate(zip(names, figures, strict=True)):
                colour = COLOURS[CONTESTANTS[name][1]]
                models = size.kind(name, SPAN) if column == 0 else value
                is_in_part = column == 0 and 0 < models < value
                axis.barh(place, value, color=colour, alpha=0.4 if is_in_part else 1)
                if is_in_part:
                    axis.barh(place, models, color=colour)
                text = f"{value:.1f}" if name in size.runs else size.results["left_out"].get(name)
                axis.text(value + widest * 0.02, place, text or "", va="center", fontsize=8)
            axis.set_xlim(0, widest * 1.15)
            axis.set_yticks(range(len(names)), [CONTESTANTS[name][0] for name in names])
            axis.tick_params(labelsize=8, length=0)
            axis.set_xlabel(unit, fontsize=8)
            axis.spines[["top", "right", "left"]].set_visible(False)
            axis.grid(axis="x", color="#dddddd")
            axis.set_axisbelow(True)
        row[0].set_title(size.title(), loc="left", fontsize=9, fontweight="bold")
    figure.legend(
        handles=[Patch(color=COLOURS[kind], label=label) for kind, label in LEGEND.items()],
        loc="lower center",
        ncols=4,
        fontsize=8,
        frameon=False,
    )
    figure.tight_layout(rect=(0, 0.25 / figure.get_figheight(), 1, 1))
    figure.savefig(path, metadata={"Date": None}, facecolor="white")


def write(results, folder=RESULTS):
    """Writes the runs, the tables and the picture."""
    folder.mkdir(exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(results) + "\n", encoding="utf-8")
    (folder / "bench.md").write_text(markdown(results), encoding="utf-8")
    draw(results, folder / "bench.svg")


if __name__ == "__main__":
    write(json.loads((RESULTS / "bench.json").read_text(encoding="utf-8")))
