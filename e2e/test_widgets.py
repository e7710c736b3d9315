"""Widgets and plots in output frames, with a real kernel, and what is left of them without it."""

import contextlib
import json
import re
from collections.abc import Callable

import pytest
from conftest import Complaints
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect
from servers import Jupyter, wait_until
from stage import Stage
from steps import (
    bring_into_view,
    code_cell,
    connect,
    connected,
    output,
    press_inside,
    ran,
    run_cell,
    runtime_menu,
    saved,
    source,
)

SLIDER = """import ipywidgets as w
s = w.IntSlider(value=7, description='speed')
b = w.Button(description='Press')
b.on_click(lambda _: print('pressed at', s.value))
w.VBox([s, b])"""
LINKED = """a = w.IntSlider(description='left'); t = w.IntText(description='right')
w.jslink((a, 'value'), (t, 'value'))
display(a); display(t)"""
INTERACT = """@w.interact(x=(0, 10))
def square(x=3):
    print('square of', x, 'is', x * x)"""
OUTPUT = """out = w.Output()
display(out)
with out:
    print('kept in the widget')
    display(w.Label('a label inside'))
print('in the cell')"""
ANY = """import anywidget, traitlets
class Counter(anywidget.AnyWidget):
    _esm = '''export default { render({ model, el }) {
      const button = document.createElement("button");
      const show = () => { button.textContent = `count ${model.get("n")}, ${model.get("raw").byteLength} bytes`; };
      model.on("change:n", show); show();
      button.onclick = () => { model.set("n", model.get("n") + 1); model.save_changes(); };
      el.append(button);
    } }'''
    n = traitlets.Int(1).tag(sync=True)
    raw = traitlets.Bytes(b'12345').tag(sync=True)
counter = Counter()
counter"""
PLOTLY = {"data": [{"x": [1, 2], "y": [3, 4], "type": "bar"}], "layout": {"title": {"text": "A Plotly bar"}}}
VEGA = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "title": "A Vega chart",
    "data": {"values": [{"a": 1}, {"a": 2}]},
    "mark": "bar",
    "encoding": {"x": {"field": "a", "type": "ordinal"}},
}
PLOTS = f"""from IPython.display import HTML, Javascript, IFrame
display({{'application/vnd.plotly.v1+json': {PLOTLY!r}, 'text/plain': 'no plot'}}, raw=True)
display({{'application/vnd.vegalite.v6+json': {VEGA!r}, 'text/plain': 'no chart'}}, raw=True)
display(HTML('<p id=q></p><script>document.getElementById("q").textContent = "HTML with a script"</script>'))
display(Javascript('element.textContent = "JavaScript " + (20 + 1)'))
display(IFrame('https://far.example/page', 300, 100))
display(HTML('<div id=v></div><script>require(["vega-embed"], (embed) => embed("#v", {json.dumps(VEGA)}))</script>'))"""


def frame(page: Page, position: int, number: int = 0) -> FrameLocator:
    """The document of an output's frame."""
    return output(page, position).locator("iframe").nth(number).content_frame


def slider(inside: FrameLocator, number: int = 0) -> Callable[[str], None]:
    """Presses keys on a slider's handle, as a person would."""

    def press(key: str) -> None:
        handle = inside.get_by_role("slider").nth(number)
        handle.focus()
        handle.press(key)

    return press


def run_and_wait(page: Page, *positions: int) -> None:
    for position in positions:
        run_cell(page, position)
        ran(page, position)


def prints_in_the_end(page: Page, position: int, text: str) -> None:
    """Run a cell, once more where it was not yet so.

    A page that was just reloaded asks the kernel for its models while a person moves them already: the kernel hears of
    it after its answer, which may be after a run that was begun meanwhile.
    """
    for _ in range(3):
        run_and_wait(page, position)
        with contextlib.suppress(AssertionError):
            expect(output(page, position)).to_contain_text(text, timeout=10_000)
            return
    expect(output(page, position)).to_contain_text(text)


def test_ipywidgets_work_in_frames_and_after_a_reload(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], browser_name: str
) -> None:
    name = f"Widgets {browser_name}"
    file = stage.put(name, SLIDER, "s", "print('kernel:', s.value)", LINKED, INTERACT, OUTPUT)
    page = stage.open(person(), name)
    connect(page, stock.pasted)
    run_and_wait(page, 1, 2)

    # Two views of one model, and the kernel.
    slider(frame(page, 1))("ArrowRight")
    expect(frame(page, 2).locator(".widget-readout")).to_have_text("8")
    slider(frame(page, 2))("ArrowRight")
    expect(frame(page, 1).locator(".widget-readout")).to_have_text("9")
    run_and_wait(page, 3)
    expect(output(page, 3)).to_contain_text("kernel: 9")
    # What a callback prints stands in the cell that shows the widget.
    press_inside(frame(page, 1).get_by_role("button", name="Press"))
    expect(output(page, 1)).to_contain_text("pressed at 9")

    # jslink across two frames.
    run_and_wait(page, 4)
    slider(frame(page, 4))("ArrowRight")
    expect(frame(page, 4, 1).get_by_role("spinbutton")).to_have_value("1")

    # interact draws its function's output anew.
    run_and_wait(page, 5)
    expect(frame(page, 5).get_by_text("square of 3 is 9")).to_be_visible()
    slider(frame(page, 5))("ArrowRight")
    expect(frame(page, 5).get_by_text("square of 4 is 16")).to_be_visible()

    # Output takes what is its own, widgets too, and leaves the rest to the cell.
    run_and_wait(page, 6)
    expect(frame(page, 6).get_by_text("kept in the widget")).to_be_visible()
    expect(frame(page, 6).get_by_text("a label inside")).to_be_visible()
    expect(output(page, 6)).to_contain_text("in the cell")
    expect(output(page, 6)).not_to_contain_text("kept in the widget")

    # The state is in the file, so that it shows again without this kernel.
    # Outputs are written half a minute apart at least.
    kept = '"value": 9'
    wait_until(lambda: kept in file.read_text(encoding="utf-8"), what="the slider's state in the file")

    # A reloaded page finds the living models.
    page.reload()
    connected(page)
    expect(frame(page, 1).locator(".widget-readout")).to_have_text("9")
    slider(frame(page, 1))("ArrowLeft")
    # A frame's process may hear the key later than the page hears of the run.
    expect(frame(page, 1).locator(".widget-readout")).to_have_text("8")
    prints_in_the_end(page, 3, "kernel: 8")

    # Without its kernel a widget shows its last state, and says so when somebody acts on it.
    runtime_menu(page, "Restart runtime")
    page.get_by_role("alertdialog").get_by_role("button", name="Restart").click()
    run_cell(page, 3)
    expect(output(page, 3)).to_contain_text("NameError")
    slider(frame(page, 1))("ArrowRight")
    expect(output(page, 1).get_by_text(re.compile("No kernel listens to this widget"))).to_be_visible()


def test_anywidgets_and_plots_are_drawn_offline(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], browser_name: str
) -> None:
    name = f"Plots {browser_name}"
    stage.put(name, ANY, "print('kernel:', counter.n)", PLOTS)
    page = stage.open(person(), name)
    far: list[str] = []
    page.on("request", lambda request: far.append(request.url) if "127.0.0.1" not in request.url else None)
    connect(page, stock.pasted)
    run_and_wait(page, 1)
    press_inside(frame(page, 1).get_by_role("button", name="count 1, 5 bytes"))
    expect(frame(page, 1).get_by_role("button", name="count 2, 5 bytes")).to_be_visible()
    run_and_wait(page, 2, 3)
    expect(output(page, 2)).to_contain_text("kernel: 2")
    expect(frame(page, 3, 0).get_by_text("A Plotly bar")).to_be_visible()
    expect(frame(page, 3, 1).get_by_text("A Vega chart")).to_be_visible()
    expect(frame(page, 3, 2).get_by_text("HTML with a script")).to_be_visible()
    expect(frame(page, 3, 3).get_by_text("JavaScript 21")).to_be_visible()
    expect(output(page, 3).get_by_text("This output is a page of far.example")).to_be_visible()
    expect(frame(page, 3, 4).get_by_text("A Vega chart")).to_be_visible()
    assert [url for url in far if not url.startswith(("data:", "blob:"))] == []


PACKAGES = (
    """from bokeh.io import output_notebook
from bokeh.plotting import figure, show
output_notebook(hide_banner=True)
p = figure(width=300, height=200)
p.line([1, 2, 3], [3, 1, 2])
show(p)""",
    """import altair
data = altair.Data(values=[{"a": 1, "b": 3}, {"a": 2, "b": 4}])
altair.Chart(data, title="Drawn by Altair").mark_bar().encode(x="a:O", y="b:Q")""",
    """import folium
folium.Map(location=[35, 139], zoom_start=4)""",
    """import holoviews
holoviews.extension("bokeh")
holoviews.Curve([3, 1, 2])""",
    """%matplotlib widget
import matplotlib.pyplot as plt
plt.figure()
plt.plot([1, 3, 2])
plt.show()""",
    """import panel
number = panel.widgets.IntSlider(name="number", value=3, end=10)
panel.Column(number, panel.bind(lambda n: f"twice is {2 * n}", number))""",
    """print("kernel:", number.value)""",
)


def test_plots_of_the_usual_packages_are_drawn_offline(
    stage: Stage,
    stock: Jupyter,
    person: Callable[[], BrowserContext],
    browser_name: str,
    complaints: Complaints,
) -> None:
    """The others of docs/use/widgets.md: scripts/widget_table.py."""
    # What a map cannot have, and a handler of HoloViews' logo, which the page does not run.
    complaints.expect("/frame/v1/|inline event handler|event handler")
    name = f"Packages {browser_name}"
    stage.put(name, *PACKAGES)
    page = stage.open(person(), name)
    connect(page, stock.pasted)
    runtime_menu(page, "Run all")

    def last_frame(position: int) -> FrameLocator:
        bring_into_view(page, position)
        ran(page, position)
        return output(page, position).locator("iframe").last.content_frame

    expect(last_frame(1).locator(".bk-Figure canvas").first).to_be_visible()
    expect(last_frame(2).get_by_text("Drawn by Altair")).to_be_visible()
    expect(last_frame(3).frame_locator("iframe").get_by_role("button", name="Zoom in")).to_be_visible()
    expect(last_frame(4).locator(".bk-Figure canvas").first).to_be_visible(timeout=60_000)
    expect(last_frame(5).locator("canvas").first).to_be_visible()
    # Panel's controls speak to Python on a channel of their own.
    expect(last_frame(6).get_by_text("twice is 6")).to_be_visible()
    slider(last_frame(6))("ArrowRight")
    expect(last_frame(6).get_by_text("twice is 8")).to_be_visible()
    bring_into_view(page, 7)
    run_and_wait(page, 7)
    expect(output(page, 7)).to_contain_text("kernel: 4")
    # What a map cannot have without network, the page says below it, and the browser in its console.
    bring_into_view(page, 3)
    expect(output(page, 3).get_by_text("This output tried to load from ")).to_be_visible()


WITHOUT_MOVING = "delete Element.prototype.moveBefore;"
HEIGHT = "(element) => Math.ceil(element.getBoundingClientRect().height)"
# How high a cell is from the moment at which it is there, until somebody asks.
WATCH_HEIGHT = """(name) => {
  const heights = new Set();
  const look = () => {
    const cell = document.querySelector(`[aria-label="${name}"]`);
    if (cell) heights.add(Math.round(cell.getBoundingClientRect().height));
    if (!window.watched) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  window.heights = () => { window.watched = true; return [...heights]; };
}"""


@pytest.mark.parametrize("moves", [True, False], ids=["parked", "begun anew"])
def test_a_frame_comes_back_with_its_state_and_its_height(
    moves: bool, stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], browser_name: str
) -> None:
    name = f"Back {browser_name} {moves}"
    stage.put(name, SLIDER, "print('kernel:', s.value)", *["x = 1"] * 40)
    context = person()
    if not moves:
        context.add_init_script(WITHOUT_MOVING)
    page = stage.open(context, name)
    assert page.evaluate("'moveBefore' in document.body") == moves
    connect(page, stock.pasted)
    run_and_wait(page, 1)
    slider(frame(page, 1))("ArrowRight")
    expect(frame(page, 1).locator(".widget-readout")).to_have_text("8")
    drawn = output(page, 1).locator("iframe")
    body = drawn.content_frame.locator("body")
    wait_until(lambda: drawn.evaluate(HEIGHT) == body.evaluate(HEIGHT), what="a frame as high as its document")
    height = round(code_cell(page, 1).evaluate("(cell) => cell.getBoundingClientRect().height"))

    bring_into_view(page, 42)
    source(page, 42).click()  # the cell that one works in stays
    expect(code_cell(page, 1)).to_have_count(0)
    expect(page.locator("iframe")).to_have_count(1 if moves else 0)
    page.evaluate(WATCH_HEIGHT, "Code cell 1")
    bring_into_view(page, 1)
    expect(frame(page, 1).locator(".widget-readout")).to_have_text("8")
    slider(frame(page, 1))("ArrowRight")
    run_and_wait(page, 2)
    expect(output(page, 2)).to_contain_text("kernel: 9")
    assert page.evaluate("window.heights()") == [height]


MERMAID = "```mermaid\nflowchart TD\n  first[A mermaid box] --> second\n```"
PANEL = {
    "application/vnd.holoviews_exec.v0+json": "",
    "text/html": ["<script>document.body.append('no Panel')</script>"],
    "text/plain": [":Curve [x] (y)"],
}
STATE = {
    "version_major": 2,
    "version_minor": 0,
    "state": {
        "lay": {
            "model_name": "LayoutModel",
            "model_module": "@jupyter-widgets/base",
            "model_module_version": "2.0.0",
            "state": {},
        },
        "sty": {
            "model_name": "SliderStyleModel",
            "model_module": "@jupyter-widgets/controls",
            "model_module_version": "2.0.0",
            "state": {},
        },
        "sld": {
            "model_name": "IntSliderModel",
            "model_module": "@jupyter-widgets/controls",
            "model_module_version": "2.0.0",
            "state": {"description": "saved", "value": 42, "layout": "IPY_MODEL_lay", "style": "IPY_MODEL_sty"},
        },
    },
}


def test_a_saved_widget_waits_for_a_click_and_shows_without_a_kernel(
    stage: Stage, person: Callable[[], BrowserContext], browser_name: str
) -> None:
    name = f"Saved {browser_name}"
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "sld", "version_major": 2, "version_minor": 0}}
    shown = {"output_type": "display_data", "data": {**view, "text/plain": ["IntSlider()"]}, "metadata": {}}
    cells = [
        {
            "cell_type": "code",
            "execution_count": 1,
            "id": "w",
            "metadata": {},
            "outputs": [shown],
            "source": ["slider"],
        },
        {"cell_type": "markdown", "id": "m", "metadata": {}, "source": MERMAID.splitlines(keepends=True)},
        {
            "cell_type": "code",
            "execution_count": 2,
            "id": "h",
            "metadata": {},
            "outputs": [{"output_type": "display_data", "data": PANEL, "metadata": {}}],
            "source": ["curve"],
        },
    ]
    widgets = {"application/vnd.jupyter.widget-state+json": STATE}
    content = {"cells": cells, "metadata": {"widgets": widgets}, "nbformat": 4, "nbformat_minor": 5}
    (stage.hub.folder / f"{name}.ipynb").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    page = stage.open(person(), name)
    expect(output(page, 1).locator("iframe")).to_have_count(0)
    output(page, 1).get_by_role("button", name="Show it").click()
    expect(frame(page, 1).locator(".widget-readout")).to_have_text("42")
    diagram = page.get_by_role("group", name="Text cell 2").locator("iframe").content_frame
    expect(diagram.get_by_text("A mermaid box")).to_be_visible()
    # What only the kernel's environment can show says so, above the next best.
    output(page, 3).get_by_role("button", name="Show it").click()
    expect(output(page, 3)).to_contain_text("in the package “panel” of its kernel’s environment")
    expect(output(page, 3)).to_contain_text(":Curve [x] (y)")
    expect(output(page, 3).locator("iframe")).to_have_count(0)
    saved(page)
