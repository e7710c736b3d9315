"""Try the widget and plot packages that people use most, in a real browser; write the table of the docs.

Usage: python scripts/widget_table.py [package …]. Installs them from the package index into an environment of its own
below .build/ (minutes, and about 1 GB), so it is no part of `make test`. Writes the rows of what was tried into
docs/use/widgets.md.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from setup import BUILD, ROOT, python, say

sys.path.insert(0, str(ROOT / "e2e"))

from playwright.sync_api import Error, Page, sync_playwright
from servers import Hub, free_port, jupyter, server_flags
from stage import notebook
from steps import connect, open_notebook, output, review, run_cell, sign_in

ENVIRONMENT = BUILD / "widget-table"
DOCS = ROOT / "docs" / "use" / "widgets.md"
BEGIN, END = "<!-- table: scripts/widget_table.py -->", "<!-- end of table -->"
SEE_MS = 60_000


@dataclass(frozen=True)
class Case:
    """One package.

    Attributes:
        needs: Packages to install.
        source: The cell that a person would write.
        sees: CSS selector of what must be seen then, in a frame of the output; "page ..." : in the page itself.
        note: For the table.
    """

    needs: tuple[str, ...]
    source: str
    sees: str
    note: str = ""


CASES = {
    "ipywidgets": Case(("ipywidgets",), "import ipywidgets as w\nw.IntSlider(3)", ".widget-slider .noUi-handle"),
    "ipympl": Case(
        ("ipympl", "matplotlib"),
        "%matplotlib widget\nimport matplotlib.pyplot as plt\nplt.figure(); plt.plot([1, 3, 2]); plt.show()",
        ".jupyter-matplotlib canvas",
        "read from the kernel's environment",
    ),
    "anywidget": Case(
        ("anywidget",),
        "import anywidget\nclass W(anywidget.AnyWidget):\n    _esm = 'export default {render({el}) "
        '{el.innerHTML = "<b class=seen>hello</b>"}}\'\nW()',
        ".seen",
    ),
    "bqplot": Case(
        ("bqplot",),
        "from bqplot import pyplot as plt\nplt.figure(); plt.plot([1, 2, 3], [3, 1, 2]); plt.show()",
        ".bqplot svg path",
    ),
    "pythreejs": Case(
        ("pythreejs",),
        "import pythreejs as p\nball = p.Mesh(p.SphereGeometry(1, 16, 16), p.MeshBasicMaterial(color='red'))\n"
        "camera = p.PerspectiveCamera(position=[3, 3, 3])\n"
        "p.Renderer(scene=p.Scene(children=[ball]), camera=camera, controls=[p.OrbitControls(controlling=camera)])",
        "canvas, .jupyter-widgets img",
    ),
    "ipyleaflet": Case(
        ("ipyleaflet",),
        "from ipyleaflet import Map\nMap(center=(35, 139), zoom=4)",
        ".leaflet-container .leaflet-control-zoom-in",
        "the map's tiles need the network (`RUNHERE_OUTPUT_NETWORK=open`)",
    ),
    "ipycanvas": Case(
        ("ipycanvas",),
        "from ipycanvas import Canvas\nc = Canvas(width=90, height=60); c.fill_rect(5, 5, 40, 40); c",
        "canvas",
    ),
    "ipydatagrid": Case(
        ("ipydatagrid", "pandas"),
        "import pandas as pd\nfrom ipydatagrid import DataGrid\nDataGrid(pd.DataFrame({'a': range(5)}))",
        "canvas",
    ),
    "k3d": Case(
        ("k3d",), "import k3d\nplot = k3d.plot(); plot += k3d.points([[0, 0, 0], [1, 1, 1]]); plot.display()", "canvas"
    ),
    "jupyter-scatter": Case(
        ("jupyter-scatter", "pandas"),
        "import jscatter, pandas as pd\n"
        "jscatter.Scatter(data=pd.DataFrame({'x': [1, 2, 3], 'y': [3, 1, 2]}), x='x', y='y').show()",
        "canvas",
    ),
    "tqdm": Case(
        ("tqdm", "ipywidgets"),
        "from tqdm.notebook import tqdm\nfor _ in tqdm(range(50)): pass",
        ".widget-hprogress, .progress",
    ),
    "plotly": Case(
        ("plotly",), "import plotly.express as px\npx.line(x=[1, 2, 3], y=[3, 1, 2]).show()", ".js-plotly-plot svg"
    ),
    "plotly, FigureWidget": Case(
        ("plotly", "anywidget"),
        "import plotly.graph_objects as go\ngo.FigureWidget([go.Bar(y=[2, 1, 3])])",
        ".js-plotly-plot svg",
    ),
    "altair": Case(
        ("altair", "pandas"),
        "import altair as alt, pandas as pd\n"
        "alt.Chart(pd.DataFrame({'a': [1, 2], 'b': [3, 4]})).mark_bar().encode(x='a:O', y='b')",
        "svg .mark-rect path, canvas",
    ),
    "bokeh": Case(
        ("bokeh",),
        "from bokeh.plotting import figure, show\nfrom bokeh.io import output_notebook\n"
        "output_notebook(hide_banner=True)\n"
        "p = figure(width=300, height=200); p.line([1, 2, 3], [3, 1, 2]); show(p)",
        ".bk-Figure, canvas",
        "`push_notebook` and bokeh server callbacks do not",
    ),
    "holoviews, hvplot": Case(
        ("hvplot", "pandas"),
        "import hvplot.pandas, pandas as pd\npd.DataFrame({'a': [3, 1, 2]}).hvplot()",
        ".bk-Figure, canvas",
        "BokehJS and Panel are read from the kernel's environment; controls beside a plot (`HoloMap`, `.interactive`) "
        "reach Python",
    ),
    "folium": Case(
        ("folium",),
        "import folium\nfolium.Map(location=[35, 139], zoom_start=4)",
        ".leaflet-container",
        "Leaflet comes from the hub; tiles and plugins need the network (`RUNHERE_OUTPUT_NETWORK=open`), "
        "and the output says so",
    ),
    "pyvis": Case(
        ("pyvis",),
        "from pyvis.network import Network\nn = Network(notebook=True, cdn_resources='in_line', height='200px')\n"
        "n.add_node(1); n.add_node(2); n.add_edge(1, 2)\nfrom IPython.display import HTML\nHTML(n.generate_html())",
        "#mynetwork canvas",
        "with `cdn_resources='in_line'`",
    ),
    "itables": Case(
        ("itables", "pandas", "anywidget"),
        "import pandas as pd\nfrom itables.widget import ITable\nITable(pd.DataFrame({'a': range(30)}))",
        "table.dataTable, .dt-container",
        "as its widget `ITable`; `show` expects what another output loaded",
    ),
    "matplotlib": Case(
        ("matplotlib",),
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 3, 2]); plt.show()",
        "page img",
    ),
    "seaborn": Case(
        ("seaborn",), "%matplotlib inline\nimport seaborn as sns\nsns.lineplot(x=[1, 2, 3], y=[3, 1, 2]);", "page img"
    ),
}


@dataclass(frozen=True)
class Result:
    """What came of one package: its version in the environment, whether it was seen, and else what was said."""

    version: str
    works: bool
    said: str


def install(cases: dict[str, Case]) -> Path:
    """The Python of an environment that has all of them."""
    say(f"Installing {len(cases)} packages into {ENVIRONMENT.relative_to(ROOT)}")
    if not ENVIRONMENT.exists():
        subprocess.run([python(), "-m", "venv", ENVIRONMENT], check=True)
    its = ENVIRONMENT / "bin" / "python"
    wanted = sorted({need for case in cases.values() for need in case.needs})
    uv = [python(), "-m", "uv", "pip", "install", "--quiet", "--python", its]
    subprocess.run([*uv, "jupyter_server", "ipykernel", *wanted], check=True)
    return its


def installed_version(its: Path, package: str) -> str:
    """As the environment has it."""
    program = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([its, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def try_one(page: Page, position: int, case: Case) -> tuple[bool, str]:
    """Run the cell and look; whether it was seen, and what the output said otherwise."""
    run_cell(page, position)
    review(page).get_by_role("button", name="Trust these cells").click()  # it came from the disk
    in_page = case.sees.startswith("page ")
    deadline = page.evaluate("performance.now()") + SEE_MS
    while page.evaluate("performance.now()") < deadline:
        if in_page and output(page, position).locator(case.sees.removeprefix("page ")).count():
            return True, ""
        for frame in page.frames[1:]:
            if _shows(frame, case.sees) and not in_page:
                return True, ""
        page.wait_for_timeout(250)
    return False, output(page, position).inner_text()[:200] if output(page, position).count() else "no output"


def _shows(frame: object, selector: str) -> bool:
    try:
        return bool(frame.locator(selector).count())  # type: ignore[attr-defined]
    except Error:
        return False  # The frame went while we looked.


def try_all(cases: dict[str, Case], its: Path) -> dict[str, Result]:
    """Each package in a notebook of its own: what one shows must not pass for another's."""
    results: dict[str, Result] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "notebooks"
        folder.mkdir()
        for case_name, case in cases.items():
            (folder / f"{_file_name(case_name)}.ipynb").write_text(notebook(case.source), encoding="utf-8")
        hub = Hub(folder=folder, data=Path(name) / "data", port=free_port())
        link, own = hub.start(), sys.executable
        try:
            sys.executable = str(its)
            with jupyter("server", folder, *server_flags(hub.origin)) as stock, sync_playwright() as playing:
                sys.executable = own
                browser = playing.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
                page = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 1000}).new_page()
                sign_in(page, link)
                for case_name, case in cases.items():
                    page.goto(hub.origin)
                    open_notebook(page, _file_name(case_name))
                    connect(page, stock.pasted)
                    works, said = try_one(page, 1, case)
                    page.screenshot(path=BUILD / f"widget-{_file_name(case_name)}.png")
                    results[case_name] = Result(installed_version(its, case.needs[0]), works, said)
                    say(f"{case_name} {results[case_name].version}: {'works' if works else 'DOES NOT: ' + said!r}")
                browser.close()
        finally:
            sys.executable = own
            hub.stop()
    return results


def _file_name(case: str) -> str:
    return re.sub(r"\W+", "-", case)


def write_table(
    begin: str, end: str, head: tuple[str, ...], rows: dict[str, tuple[str, ...]], *, order: Iterable[str]
) -> None:
    """Puts rows between two lines of the docs; the first column names a row. Rows not made now stay as they were."""
    text = DOCS.read_text(encoding="utf-8")
    before, _, rest = text.partition(begin)
    old, _, after = rest.partition(end)
    known = {line.split(" | ")[0].removeprefix("| "): line for line in old.splitlines() if line.startswith("| ")}
    known |= {name: " | ".join(("| " + name, *cells)) + " |" for name, cells in rows.items()}
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(known[name] for name in order if name in known)]
    DOCS.write_text(f"{before}{begin}\n" + "\n".join(lines) + f"\n{end}{after}", encoding="utf-8")


def main() -> int:
    """Try the named packages, or all, and write their rows of the table."""
    chosen = {name: case for name, case in CASES.items() if not sys.argv[1:] or name in sys.argv[1:]}
    say(f"playwright {version('playwright')}")
    results = try_all(chosen, install(chosen))
    rows = {
        name: (result.version, "yes" if result.works else "no", CASES[name].note) for name, result in results.items()
    }
    write_table(BEGIN, END, ("package", "version tried", "shows", ""), rows, order=CASES)
    return 0


if __name__ == "__main__":
    sys.exit(main())
