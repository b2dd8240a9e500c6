"""Runs inside the sandbox: draws charts that a model wrote and writes down what was drawn.

Started once, it loads pandas and matplotlib and then waits for folders ``1``, ``2``, ... beside it. Each holds
``job.json`` (code, kind, mode, seconds) and ``table.csv``; each is drawn in a process of its own, forked from this
one, and ends as ``1.json``. Nothing here knows an answer, so code that tampers with it wins nothing.

Modes: ``once`` runs the code on a clean figure and reads all axes; ``capture`` notes what is given by position to
``plt.bar``, ``plt.plot`` and ``plt.scatter``; ``fresh`` and ``twice`` read the last axes as the published script
does, after one run or two.
"""

import ast
import io
import json
import math
import os
import re
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
IDLE_S = 20.0
POLL_S = 0.01
CLOSED = 1e-9
Values = list[Any]


def main() -> None:
    """Serve one job after the other until none has come for a while."""
    (HERE / "opened").touch()
    import matplotlib.pyplot  # noqa: F401
    import pandas  # noqa: F401

    number, waited_from = 1, time.monotonic()
    while time.monotonic() - waited_from < IDLE_S:
        if (HERE / str(number)).is_dir():
            serve(number)
            number, waited_from = number + 1, time.monotonic()
        else:
            time.sleep(POLL_S)


def serve(number: int) -> None:
    """Draw job ``number`` in a child; where that leaves nothing behind, record that in its stead."""
    job = json.loads((HERE / str(number) / "job.json").read_text(encoding="utf8"))
    child = os.fork()
    if not child:
        try:
            os.setsid()
            draw_in_child(number, job)
        finally:
            os._exit(0)
    note = "" if ended(child, job["seconds"]) else f"it took more than {job['seconds']:g} s"
    kill(child)
    if not (HERE / f"{number}.json").exists():
        write(number, {"ran": False, "error": note or "it ended without a result"})


def ended(child: int, seconds: float) -> bool:
    """Wait for ``child``; false if it had to be killed."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(POLL_S)
    kill(child)
    os.waitpid(child, 0)
    return False


def kill(group: int) -> None:
    """End all that a child has started and left in its group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def draw_in_child(number: int, job: dict[str, Any]) -> None:
    """Draw one job and write down the result, the code's own mistakes included."""
    seconds = math.ceil(job["seconds"]) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    os.chdir(HERE / str(number))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    write(number, MODES[job["mode"]](job["code"], job["kind"]))


def write(number: int, found: dict[str, Any]) -> None:
    """Write a result whole or not at all."""
    part = HERE / f"{number}.part"
    part.write_text(json.dumps(found), encoding="utf8")
    part.replace(HERE / f"{number}.json")


def said(error: BaseException) -> str:
    """Return the kind and the text of ``error``, shortened."""
    return f"{type(error).__name__}: {error}"[:200]


# --- once: the rule of our own


def once(code: str, kind: str) -> dict[str, Any]:
    """Run the code as a script on a clean figure and read everything drawn on the current one."""
    import matplotlib.pyplot as plt
    import numpy as np
    import pandas as pd

    try:
        exec(
            compile(code, "chart.py", "exec"),
            {"__name__": "__main__", "pd": pd, "plt": plt, "np": np},
        )
    except BaseException as error:
        return {"ran": False, "error": said(error)}
    try:
        axes = plt.gcf().axes if plt.get_fignums() else []
        values = [plain(each) for ax in axes for each in READ[kind](ax)]
    except Exception as error:
        return {"ran": True, "error": said(error)}
    return {"ran": True, "values": values}


def plain(value: Any) -> float:
    """Return a value of any numeric type as a plain float; a masked one as NaN."""
    import numpy as np

    return math.nan if value is np.ma.masked else float(value)


def heights(ax: Any) -> Iterator[float]:
    """Yield the heights of bars, but of nothing that spans the axes."""
    return (patch.get_height() for patch in bars(ax))


def widths(ax: Any) -> Iterator[float]:
    """Yield the lengths of horizontal bars."""
    return (patch.get_width() for patch in bars(ax))


def bars(ax: Any) -> Iterator[Any]:
    """Yield the rectangles that stand in data coordinates."""
    from matplotlib.patches import Rectangle

    for patch in ax.patches:
        if isinstance(patch, Rectangle) and is_in_data(patch.get_data_transform(), ax):
            yield patch


def drawn_lines(ax: Any) -> Iterator[Any]:
    """Yield the lines in data coordinates: ``axhline`` and its like are none."""
    return (line for line in ax.lines if is_in_data(line.get_transform(), ax))


def is_in_data(transform: Any, ax: Any) -> bool:
    """Return whether both directions of an artist are in the units of the data."""
    return all(transform.contains_branch_seperately(ax.transData))


def line_values(ax: Any) -> Iterator[float]:
    """Yield the heights of the points of all lines."""
    return (y for line in drawn_lines(ax) for y in line.get_ydata(orig=False))


def radar_values(ax: Any) -> Iterator[float]:
    """Yield the points of all lines, without the last one where it closes the line."""
    for line in drawn_lines(ax):
        angles, values = list(line.get_xdata(orig=False)), list(line.get_ydata(orig=False))
        turn = abs(angles[-1] - angles[0]) % (2 * math.pi) if len(values) > 2 else 1.0
        closed = min(turn, 2 * math.pi - turn) < 1e-6 and abs(values[-1] - values[0]) < CLOSED
        yield from values[:-1] if closed else values


def shares(ax: Any) -> Iterator[float]:
    """Yield the shares of a pie's wedges."""
    from matplotlib.patches import Wedge

    return (
        (patch.theta2 - patch.theta1) / 360.0 for patch in ax.patches if isinstance(patch, Wedge)
    )


def scatter_values(ax: Any) -> Iterator[float]:
    """Yield the heights of scattered points, and of lines that have markers only."""
    from matplotlib.collections import PathCollection

    for collection in ax.collections:
        if isinstance(collection, PathCollection):
            points: Any = collection.get_offsets()
            yield from (point[1] for point in points)
    for line in drawn_lines(ax):
        if line.get_linestyle() in ("None", "", " ", "none"):
            yield from line.get_ydata(orig=False)


def area_values(ax: Any) -> Iterator[float]:
    """Yield how thick each filled area is at each of its points."""
    from matplotlib.collections import PolyCollection

    for collection in ax.collections:
        if isinstance(collection, PolyCollection):
            for path in collection.get_paths():
                corners: Any = path.vertices
                yield from thickness(corners)


def thickness(vertices: Iterable[Any]) -> Iterator[float]:
    """Yield the distance between the edges at each x, negative for an area that hangs from zero."""
    edges: dict[float, list[float]] = {}
    for x, y in vertices:
        edges.setdefault(float(x), []).append(float(y))
    for x in sorted(edges):
        low, high = min(edges[x]), max(edges[x])
        yield low - high if high <= 0 and low < 0 else high - low


READ: dict[str, Callable[[Any], Iterator[float]]] = {
    "bar": heights,
    "waterfall": heights,
    "hbar": widths,
    "line": line_values,
    "radar": radar_values,
    "pie": shares,
    "scatter": scatter_values,
    "area": area_values,
}

# --- capture: what RD-Agent's evaluator sees


def capture(code: str, _kind: str) -> dict[str, Any]:
    """Run the code inside a ``try`` of one script and return the y arguments given by position."""
    import matplotlib.pyplot as plt
    import numpy as np
    import pandas as pd

    seen: Values = []
    found: dict[str, Any] = {"ran": False}

    def noted(draw: Callable[..., Any], *, pairs: bool) -> Callable[..., Any]:
        def drawing(*args: Any, **options: Any) -> Any:
            for at in range(1, len(args) if pairs else min(2, len(args)), 2):
                seen.append(list(args[at]) if hasattr(args[at], "__iter__") else [args[at]])
            return draw(*args, **options)

        return drawing

    def keep() -> None:
        json.dumps(seen)
        found.update(ran=True, values=seen)

    def fail(error: Exception) -> None:
        found.update(ran=False, error=said(error))

    plt.ioff()
    plt.bar = noted(plt.bar, pairs=False)
    plt.plot = noted(plt.plot, pairs=True)
    plt.scatter = noted(plt.scatter, pairs=False)
    names = {"sys": sys, "pd": pd, "plt": plt, "np": np, "json": json, "Path": Path, "os": os}
    names |= {"captured_data": seen, "__name__": "__main__", "_keep": keep, "_fail": fail}
    inside = "\n".join(f"    {line}" for line in code.split("\n"))
    script = f"try:\n{inside}\n    _keep()\nexcept Exception as e:\n    _fail(e)\n"
    try:
        exec(compile(script, "chart.py", "exec"), names)
    except BaseException as error:
        found = {"ran": False, "error": said(error)}
    return found


# --- fresh and twice: what the published script sees


def fresh(code: str, kind: str) -> dict[str, Any]:
    """Run the code once, as the published script runs it, and read the last axes."""
    import matplotlib.pyplot as plt

    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            run_in_function(f"import numpy as np\n{code}\npass")
            drawn = LAST_AXES[kind](plt.gca())
            values = [float(str(round(each, 2))) for each in flat(drawn)]
    except BaseException as error:
        return {"ran": False, "error": said(error)}
    return {"ran": True, "values": values, "printed": printed.getvalue()[-1000:]}


def twice(code: str, kind: str) -> dict[str, Any]:
    """Run the code to see whether it works, and once more on what that left drawn."""
    try:
        with redirect_stdout(io.StringIO()):
            run_in_function(code)
        ran = True
    except BaseException:
        ran = False
    return fresh(code, kind) | {"ran": ran}


def run_in_function(code: str) -> None:
    """Run the code indented, with names of its own that its functions cannot see, as the published script does."""
    import matplotlib.pyplot as plt
    import numpy as np
    import pandas as pd

    lines = "".join(f"    {line}\n" for line in code.strip().split("\n"))
    known = {"__name__": "__main__", "pd": pd, "plt": plt, "np": np, "sys": sys, "os": os}
    known |= {"re": re, "ast": ast}
    exec(compile(f"\nif __name__ == '__main__':\n{lines}", "chart.py", "exec"), known, {"np": np})


def flat(series: Iterable[Any]) -> Iterator[Any]:
    """Yield the values of lists and the values between them."""
    for each in series:
        if isinstance(each, list):
            yield from each
        else:
            yield each


LAST_AXES: dict[str, Callable[[Any], Values]] = {
    "line": lambda ax: [list(line.get_ydata()) for line in ax.get_lines()],
    "bar": lambda ax: [patch.get_height() for patch in ax.patches],
    "waterfall": lambda ax: [patch.get_height() for patch in ax.patches],
    "hbar": lambda ax: [patch.get_width() for patch in ax.patches],
    "pie": lambda ax: [round((patch.theta2 - patch.theta1) / 360.0, 2) for patch in ax.patches],
    "area": lambda ax: [
        [y for y in each.get_paths()[0].vertices[:, 1] if y != 0] for each in ax.collections
    ],
    "radar": lambda ax: [list(line.get_ydata())[:-1] for line in ax.get_lines()],
    "scatter": lambda ax: [[point[1] for point in each.get_offsets()] for each in ax.collections],
}

MODES = {"once": once, "capture": capture, "fresh": fresh, "twice": twice}

if __name__ == "__main__":
    main()
