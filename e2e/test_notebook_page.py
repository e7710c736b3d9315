"""The notebook page, bullet by bullet of what it promises: keys, text, sections, menus, find, outputs, windowing."""

import json
import re
from collections.abc import Callable

import pytest
from conftest import Complaints
from playwright.sync_api import BrowserContext, Locator, Page, expect
from servers import Jupyter, wait_until
from stage import Stage
from steps import (
    MAIN_MODIFIER,
    barriers,
    close_menu,
    code_cell,
    connect,
    delete_cell,
    expect_cells,
    next_picture,
    on_cell,
    output,
    ran,
    run_cell,
    saved,
    source,
    sources_in,
    text_cell,
    type_source,
)

# Real servers and browsers: on a busy machine a story takes its time, and each wait in it has a limit of its own.

PLOT = """from IPython.display import display, Markdown, Latex, JSON, SVG, HTML, Image, Javascript
import base64
print('\\x1b[31mred\\x1b[0m plain')
print('10 %\\r100 %')
display(Markdown('**bold** and $x^2$'), Latex(r'$\\\\frac{a}{b}$'), JSON({'key': [1, 2]}))
display(SVG('<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><circle r="9" cx="10" cy="10"/></svg>'))
display(Image(base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==')))
display(HTML('<table class="dataframe"><tr><th>name</th></tr><tr><td>rain</td></tr></table>'))"""

FRAME = """from IPython.display import HTML
HTML('''<p id=said>waiting</p><script>
  const said = [];
  try { parent.document.title; said.push('page'); } catch { }
  try { localStorage.length; said.push('storage'); } catch { }
  Promise.allSettled([fetch('ORIGIN/api/v1/session'), fetch('RUNTIME/api')]).then((all) => {
    for (const one of all) if (one.status === 'fulfilled') said.push('network');
    document.getElementById('said').textContent = 'reached: ' + (said.join(' ') || 'nothing');
  });
</script>''')"""

# How often a menu was given a place within twenty pictures.
PLACED_ANEW = """async (menu) => {
  let times = 0;
  const places = new MutationObserver((all) => { times += all.length; });
  for (let part = menu.parentElement; part !== document.body; part = part.parentElement)
    places.observe(part, { attributes: true, attributeFilter: ["style"] });
  for (let n = 0; n < 20; n += 1) await new Promise(requestAnimationFrame);
  places.disconnect();
  return times;
}"""


def cell(kind: str, index: int, text: str) -> dict[str, object]:
    """A cell as it stands in a file."""
    made: dict[str, object] = {"cell_type": kind, "id": f"c{index}", "metadata": {}, "source": text}
    return made if kind == "markdown" else {**made, "execution_count": None, "outputs": []}


@pytest.fixture
def opened(stage: Stage, person: Callable[..., BrowserContext], request: pytest.FixtureRequest) -> Callable[..., Page]:
    """Opens a notebook of these cells; text that begins with # is markdown."""

    def make(*sources: str) -> Page:
        cells = [
            cell("markdown" if text.startswith("#") else "code", index, text) for index, text in enumerate(sources)
        ]
        spec = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
        name = request.node.name.replace("[", " ").replace("]", "")
        (stage.hub.folder / f"{name}.ipynb").write_text(
            json.dumps({"cells": cells, "metadata": spec, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8"
        )
        return stage.open(person(), name)

    return make


def expect_sources(page: Page, *wanted: str) -> None:
    boxes = page.get_by_role("textbox", name=re.compile(r"^Source of cell \d+$"))
    expect(boxes).to_have_text(list(wanted))


def choose(page: Page, menu: str, item: str) -> None:
    page.get_by_role("menubar").get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_role("menuitem", name=item).or_(page.get_by_role("menuitemcheckbox", name=item)).first.click()


def test_keys_of_both_modes_and_the_clipboard(opened: Callable[..., Page]) -> None:
    page = opened("one", "two", "three")
    on_cell(page, 1)
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("c")
    page.keyboard.press("End")
    page.keyboard.press("v")
    expect_sources(page, "one", "two", "three", "one", "two")
    page.keyboard.press("z")  # undo, across cells
    expect_sources(page, "one", "two", "three")
    on_cell(page, 1)
    page.keyboard.press("x")
    page.keyboard.press("v")
    expect_sources(page, "two", "one", "three")
    on_cell(page, 1)
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+M")
    expect(source(page, 1)).to_have_text("two\n\none", use_inner_text=True)
    page.keyboard.press("Enter")
    page.keyboard.press(f"{MAIN_MODIFIER}+Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+Shift+-")
    expect_cells(page, 3)
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    expect(text_cell(page, 2)).to_be_visible()
    page.keyboard.press("y")
    expect(code_cell(page, 2)).to_be_visible()
    page.keyboard.press("a")
    expect_cells(page, 4)
    delete_cell(page, left=3)

    # The text that was clicked is what a browser means by copy and paste, the cell is what a person means.
    on_cell(page, 1)
    page.keyboard.press("m")
    text_cell(page, 1).get_by_text("two").click()
    page.keyboard.press(f"{MAIN_MODIFIER}+c")
    page.keyboard.press(f"{MAIN_MODIFIER}+v")
    expect(text_cell(page, 2).get_by_text("two")).to_be_visible()
    text_cell(page, 1).get_by_text("two").click()
    page.keyboard.press(f"{MAIN_MODIFIER}+x")
    expect_cells(page, 3)
    expect(text_cell(page, 1).get_by_text("two")).to_be_visible()


def test_text_cells_show_latex_and_fold_and_find_replaces_over_all_cells(
    opened: Callable[..., Page], browser_name: str
) -> None:
    page = opened("# Title", "rain = 1", "## Part\n\nsum $x^2$", "print(rain)", "c = 3")
    expect(text_cell(page, 3).locator(".katex").first).to_be_visible()
    if browser_name == "chromium":
        text_cell(page, 3).get_by_role("heading", name="Part").dblclick()
    else:  # the driver's two clicks count as one and one there, on any page
        text_cell(page, 3).get_by_role("heading", name="Part").click()
        page.keyboard.press("Enter")
    preview = page.get_by_role("group", name="Preview of cell 3")
    page.keyboard.press(f"{MAIN_MODIFIER}+End")
    page.keyboard.insert_text(" and **strong**")
    expect(preview.locator("strong")).to_have_text("strong")
    page.keyboard.press("Escape")
    text_cell(page, 3).get_by_role("button", name="Collapse section").click()
    expect(page.get_by_text("2 cells hidden")).to_be_visible()
    expect(code_cell(page, 4)).to_have_count(0)
    page.get_by_text("2 cells hidden").click()
    expect(code_cell(page, 4)).to_be_visible()

    source(page, 2).click()
    page.keyboard.press("Home")  # matches are counted from the cursor on
    page.keyboard.press(f"{MAIN_MODIFIER}+h")
    bar = page.get_by_role("search", name="Find in notebook")
    bar.get_by_role("textbox", name="Find", exact=True).click()
    page.keyboard.type("rain")
    expect(bar.get_by_role("status")).to_have_text("1 of 2")
    bar.get_by_role("textbox", name="Replace with").click()
    page.keyboard.type("snow")
    bar.get_by_role("button", name="Replace all").click()
    expect(source(page, 2)).to_have_text("snow = 1")
    expect(source(page, 4)).to_have_text("print(snow)")
    page.keyboard.press("Escape")
    expect(bar).to_have_count(0)


def test_every_entry_of_every_menu_can_be_reached_and_a_narrow_window_cuts_nothing_off(
    opened: Callable[..., Page],
) -> None:
    page = opened("one", "two")
    on_cell(page, 1)
    found = barriers(page.locator("html"))
    assert found == [], "\n".join(found)
    seen = 0
    for menu in ["File", "Edit", "View", "Insert", "Runtime", "Tools", "Help"]:
        page.get_by_role("menubar").get_by_role("menuitem", name=menu, exact=True).click()
        entries = (
            page.get_by_role("menu")
            .get_by_role("menuitem")
            .or_(page.get_by_role("menu").get_by_role("menuitemcheckbox"))
        )
        expect(entries.first).to_be_visible()
        seen += entries.count()
        close_menu(page)
    assert seen > 45
    choose(page, "Insert", "Code cell below")
    expect_cells(page, 3)
    choose(page, "Edit", "Undo")
    expect_sources(page, "one", "two")
    choose(page, "View", "Line numbers")
    expect(page.locator(".cm-lineNumbers").first).to_be_visible()
    choose(page, "View", "Switch between light and dark")
    expect(page.locator("html[data-theme=dark]")).to_have_count(1)
    choose(page, "View", "Switch between light and dark")
    expect(page.locator("html[data-theme=light]")).to_have_count(1)
    choose(page, "Help", "Keyboard shortcuts")
    expect(page.get_by_role("dialog")).to_contain_text("Split cell at cursor")
    page.keyboard.press("Escape")
    page.keyboard.press(f"{MAIN_MODIFIER}+Shift+p")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type("duplic")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)

    # A menu longer than the window scrolls in itself; it closes when the page behind it scrolls.
    page.set_viewport_size({"width": 1280, "height": 600})
    page.reload()
    expect(source(page, 2)).to_be_visible()
    page.get_by_role("menubar").get_by_role("menuitem", name="Edit", exact=True).click()
    edit = page.get_by_role("menu")
    wait_until(
        lambda: (edit.bounding_box() or {"height": 600})["height"] < 600, what="a menu no longer than the window"
    )
    assert page.evaluate("document.documentElement.scrollHeight") <= 600
    wait_until(lambda: edit.evaluate(PLACED_ANEW) == 0, what="a menu that stays where it is")
    # An open menu gives its first entry the focus, and scrolls back to it a moment later; not once the last one has it.
    last = edit.get_by_role("menuitem", name="Notebook settings")

    def points_at_last() -> bool:
        last.hover()
        return bool(last.evaluate("entry => entry === document.activeElement"))

    wait_until(points_at_last, what="the entry under the mouse")
    last.click()
    settings = page.get_by_role("dialog", name="Notebook settings")
    expect(settings.locator(":focus").or_(settings.and_(page.locator(":focus")))).to_be_attached()
    page.keyboard.press("Escape")
    expect(settings).to_have_count(0)

    page.set_viewport_size({"width": 390, "height": 780})
    expect(source(page, 2)).to_be_visible()
    wait_until(
        lambda: page.evaluate("document.documentElement.scrollWidth") <= 390, what="a page no wider than its window"
    )
    for name in ("Connect", "Connection options"):
        box = page.get_by_role("button", name=name, exact=True).bounding_box()
        assert box, name
        assert 0 <= box["x"] <= 390 - box["width"], (name, box)


def test_run_stands_at_the_same_place_beside_every_cell(stage: Stage, person: Callable[[], BrowserContext]) -> None:
    """Whatever of mark, count and saved output a cell has."""
    printed = {"output_type": "stream", "name": "stdout", "text": "saved\n"}
    cells = [
        cell("code", 0, "nothing"),
        {**cell("code", 1, "uncounted"), "outputs": [printed]},
        {**cell("code", 2, "counted"), "outputs": [printed], "execution_count": 3},
    ]
    text = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    stage.put("Marks", "").write_text(json.dumps(text), encoding="utf-8")
    page = stage.open(person(), "Marks")

    def lefts(shown: Locator) -> list[float]:
        return [box["x"] for one in shown.all() if (box := one.bounding_box())]

    marks = page.get_by_title("Not reviewed yet: you are asked before this cell runs on your machine")
    expect(marks).to_have_count(3)
    run, mark = lefts(page.get_by_role("button", name="Run cell")), lefts(marks)
    assert (len(set(run)), len(mark)) == (1, 3), (run, mark)
    assert mark[0] == mark[1] < run[0], (run, mark)


def test_thousands_of_cells_are_a_window_with_live_editors_and_never_unmount_a_composition(
    opened: Callable[..., Page], browser_name: str
) -> None:
    page = opened(*[f"value_{index} = {index}" for index in range(5000)])
    expect(source(page, 1)).to_be_visible()
    expect_cells(page, 5000)
    assert page.get_by_role("listitem").count() < 60
    on_cell(page, 1)
    page.keyboard.press("End")
    expect(source(page, 5000)).to_have_text("value_4999 = 4999")
    expect(source(page, 5000)).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.type("0")
    expect(source(page, 5000)).to_be_focused()
    assert page.get_by_role("listitem").count() < 60
    if browser_name == "chromium":  # only its debugging protocol can compose text
        compose(page)
    saved(page)


def compose(page: Page) -> None:
    """Begin a Japanese word in the first cell, scroll far away in the middle of it, and end it."""
    page.keyboard.press("Escape")
    page.keyboard.press("Home")
    source(page, 1).click()
    page.keyboard.press(f"{MAIN_MODIFIER}+a")
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "にほ", "selectionStart": 2, "selectionEnd": 2})
    next_picture(page)  # with it an editor scrolls to what was typed into it
    page.get_by_role("main").evaluate("(box) => { box.scrollTop = 6000; }")
    expect(page.get_by_role("group", name=re.compile(r"^Code cell 1\d\d$")).first).to_be_attached()
    session.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})
    session.send("Input.insertText", {"text": "日本"})
    expect(source(page, 1)).to_have_text("日本")
    expect(source(page, 1)).to_be_focused()


def test_selected_text_and_selected_cells_run(opened: Callable[..., Page], stock: Jupyter) -> None:
    page = opened("for n in range(3):\n    m = n\n    print('inner', m)\nprint('outer')", "print('second')")
    connect(page, stock.pasted)
    source(page, 1).click()
    page.keyboard.press(f"{MAIN_MODIFIER}+Home")
    page.keyboard.press(f"{MAIN_MODIFIER}+Shift+Enter")  # a line that is no whole statement
    expect(output(page, 1)).to_contain_text("SyntaxError")
    page.keyboard.press(f"{MAIN_MODIFIER}+End")
    page.keyboard.press(f"{MAIN_MODIFIER}+Shift+Enter")
    expect(output(page, 1)).to_have_text(re.compile(r"^\s*outer\s*Only a part of the code ran\s*$"))
    expect(source(page, 1)).to_be_focused()
    choose(page, "Runtime", "Run selected cells")
    expect(output(page, 1)).to_have_text(re.compile(r"^\s*inner 0\s*inner 1\s*inner 2\s*outer\s*$"))
    source(page, 1).click()
    page.keyboard.press(f"{MAIN_MODIFIER}+Home")
    page.keyboard.press("ArrowDown")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowDown")
    choose(page, "Runtime", "Run selected text or line")  # by the menu the editor has lost the focus
    expect(output(page, 1)).to_have_text(re.compile(r"^\s*inner 2\s*Only a part of the code ran\s*$"))
    page.reload()
    expect(output(page, 1)).to_contain_text("Edited since this ran, or only a part of it ran")

    on_cell(page, 1)
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press(f"{MAIN_MODIFIER}+Shift+Enter")
    expect(output(page, 1)).to_have_text(re.compile(r"^\s*inner 0\s*inner 1\s*inner 2\s*outer\s*$"))
    expect(output(page, 2)).to_have_text(re.compile(r"^\s*second\s*$"))


def place_of(part: Locator, x: float, y: float) -> tuple[float, float]:
    """A point of the window: so far from the part's left, and at this share of its height."""
    box = part.bounding_box()
    assert box
    return box["x"] + x, box["y"] + box["height"] * y


# Whether there is no way further down, for some pictures: rows that came into sight last move the end once measured.
AT_THE_END = """async (main) => {
  for (let n = 0; n < 5; n += 1) {
    await new Promise(requestAnimationFrame);
    if (main.scrollTop + main.clientHeight < main.scrollHeight - 1) return false;
  }
  return true;
}"""


def test_cells_are_dragged_together_past_the_edge_of_the_window(opened: Callable[..., Page], browser_name: str) -> None:
    page = opened(*[f"cell_{index}" for index in range(60)])
    on_cell(page, 1)
    page.keyboard.press("Shift+ArrowDown")
    page.mouse.move(*place_of(code_cell(page, 1), 12, 0.5))  # its margin
    page.mouse.down()
    page.mouse.move(*place_of(code_cell(page, 4), 200, 0.8), steps=5)
    expect(page.get_by_text("Move 2 cells")).to_be_visible()
    page.mouse.up()
    expect(page.get_by_text("Move 2 cells")).to_have_count(0)
    for position, text in enumerate(["cell_2", "cell_3", "cell_0", "cell_1", "cell_4"], 1):
        expect(source(page, position)).to_have_text(text)
    page.keyboard.press("z")  # the cells kept the focus
    expect(source(page, 1)).to_have_text("cell_0")
    expect(source(page, 3)).to_have_text("cell_2")

    on_cell(page, 2)
    grip = code_cell(page, 2).locator("[data-grip]")
    page.mouse.move(*place_of(grip, 8, 0.5))
    page.mouse.down()
    page.mouse.move(*place_of(code_cell(page, 5), 200, 0.8), steps=5)
    expect(page.get_by_text("Move 1 cell")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Move 1 cell")).to_have_count(0)
    page.mouse.up()
    expect(source(page, 2)).to_have_text("cell_1")
    page.mouse.move(*place_of(grip, 8, 0.5))
    page.mouse.down()
    page.mouse.move(*place_of(page.get_by_role("main"), 400, 0.98), steps=5)
    expect(code_cell(page, 60)).to_be_visible()  # scrolled there by itself; the row of the cell below it goes meanwhile
    wait_until(lambda: "1 cell" in page.get_by_text("Move 1 cell").inner_text(), what="still dragging")
    wait_until(lambda: page.get_by_role("main").evaluate(AT_THE_END), what="the end of scrolling")
    page.mouse.move(*place_of(code_cell(page, 60), 200, 0.9), steps=5)
    page.mouse.up()
    expect(source(page, 60)).to_have_text("cell_1")
    expect(code_cell(page, 60)).to_be_focused()
    if browser_name == "chromium":  # only its debugging protocol has fingers
        drag_by_finger(page)
    saved(page)


def drag_by_finger(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    grip = code_cell(page, 60).locator("[data-grip]")
    (x, y), (_, end) = place_of(grip, 8, 0.5), place_of(code_cell(page, 57), 0, 0.2)
    touch = [{"x": x, "y": y}]
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": touch})
    for part in range(1, 6):
        touch = [{"x": x, "y": y + (end - y) * part / 5}]
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": touch})
    expect(page.get_by_text("Move 1 cell")).to_be_visible()
    next_picture(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(source(page, 57)).to_have_text("cell_1")


FOUND = """() => {
  const [range] = [...(CSS.highlights.get('output-match-current') ?? [])];
  if (!range) return null;
  const { top, bottom } = range.getBoundingClientRect();
  const main = document.querySelector('main').getBoundingClientRect();
  const line = range.startContainer.parentElement.closest('div, pre, td').textContent;
  return top >= main.top && bottom <= main.bottom ? `${range} in ${line.length}` : 'out of sight';
}"""


def test_find_looks_into_outputs_and_brings_each_place_into_view(opened: Callable[..., Page], stock: Jupyter) -> None:
    word = "'nee' + 'dle'"
    fillers = [f"filler_{index} = {index}\n" * 4 for index in range(60)]
    table = f"from IPython.display import HTML\nHTML('<table><tr><td>' + {word} + '</td></tr></table>')"
    page = opened(
        f"for n in range(3000): print({word} if n == 1500 else n)",
        table,
        *fillers,
        f"def deep(n): return deep(n - 1) if n else int({word})\ndeep(12)",
        "# needle",
    )
    connect(page, stock.pasted)
    run_cell(page, 2)
    expect(output(page, 2).locator("td")).to_be_visible()
    on_cell(page, 2)
    page.keyboard.press("o")  # hidden: finding shows it here, and changes no notebook
    expect(output(page, 2).get_by_role("button")).to_contain_text("Output hidden")
    run_cell(page, 1)
    expect(output(page, 1)).to_contain_text("lines hidden")
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Control+Enter")
    expect(output(page, 63)).to_contain_text("ValueError")
    ran(page, 63, "Failed")
    page.keyboard.press("Home")
    expect(code_cell(page, 1)).to_be_focused()

    page.keyboard.press(f"{MAIN_MODIFIER}+f")
    bar = page.get_by_role("search", name="Find in notebook")
    page.keyboard.type("needle")
    count = bar.get_by_role("status").first
    expect(count).to_have_text("1 of 1")
    bar.get_by_role("button", name="Also in outputs").click()
    counted = re.compile(r"^\d of 5(, in output)?$")  # while it still looks, an ellipsis stands behind the number
    expect(count).to_have_text(counted)
    assert barriers(bar) == []
    bar.get_by_role("textbox", name="Find", exact=True).click()
    page.keyboard.press("Enter")
    seen = []
    for _ in range(5):
        expect(count).to_have_text(counted)
        here = count.inner_text()
        if "output" in here:
            wait_until(lambda: str(page.evaluate(FOUND)).startswith("needle in"), what=f"{here} in sight")
        seen.append(here)
        page.keyboard.press("Enter")
        expect(count).not_to_have_text(here)
    assert sorted(seen) == [*(f"{n} of 5, in output" for n in range(1, 5)), "5 of 5"]

    bar.get_by_role("button", name="Show or hide replace").click()
    bar.get_by_role("textbox", name="Replace with").fill("pin")
    bar.get_by_role("button", name="Replace all").click()
    expect(page.get_by_text("1 match replaced")).to_be_attached()
    expect(count).to_have_text(re.compile(r"^\d of 4, in output$"))
    expect(bar.get_by_role("button", name="Replace all")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(bar).to_have_count(0)
    assert page.evaluate(FOUND) is None


def test_code_is_hidden_as_jupyterlab_and_colab_hide_it(
    stage: Stage, person: Callable[[], BrowserContext], unique: Callable[[str], str]
) -> None:
    name = unique("forms")
    path = stage.hub.folder / f"{name}.ipynb"
    form = cell("code", 1, "#@title Area of a circle\nr = 2 #@param {type: 'number'}\nsecret = r")
    hidden = cell("code", 2, "\nimport math\nmath.pi")
    cells = [
        cell("code", 0, "shown = 0"),
        {**form, "metadata": {"cellView": "form"}},
        {**hidden, "metadata": {"jupyter": {"source_hidden": True}, "tags": ["kept"]}},
    ]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")

    def metadata(position: int) -> object:
        return json.loads(path.read_text(encoding="utf-8"))["cells"][position - 1]["metadata"]

    page = stage.open(person(), name)
    first, second = code_cell(page, 2), code_cell(page, 3)
    expect(first.get_by_role("button", name="Area of a circle Show code")).to_be_visible()
    expect(second.get_by_role("button", name="import math Show code")).to_be_visible()
    expect(source(page, 2)).to_have_count(0)
    assert barriers(first) == []
    page.keyboard.press(f"{MAIN_MODIFIER}+f")
    expect(page.get_by_role("search").get_by_role("textbox", name="Find", exact=True)).to_be_focused()
    page.keyboard.type("secret")
    expect(source(page, 2)).to_contain_text("secret")  # found: shown here, and to nobody else
    page.keyboard.press("Escape")
    page.reload()
    # Its fields write into the code that they stand for, each into its own line.
    radius = first.get_by_role("group", name="Area of a circle").get_by_role("textbox", name="r", exact=True)
    expect(radius).to_have_value("2")
    radius.fill("wide")
    expect(first.get_by_text("This is no value for this field. The code keeps 2.")).to_be_visible()
    assert barriers(first) == []
    radius.fill("2.5")
    written = "#@title Area of a circle\nr = 2.5 #@param {type: 'number'}\nsecret = r"
    wait_until(lambda: sources_in(path)[1] == written, what="what was typed into the field, in the file")
    first.get_by_role("button", name="Area of a circle Show code").click()
    expect(first).to_be_focused()
    expect(source(page, 2)).to_contain_text("@param")
    wait_until(lambda: metadata(2) == {}, what="code that is shown in the file")

    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(source(page, 3)).to_be_focused()
    wait_until(lambda: metadata(3) == {"tags": ["kept"]}, what="code that is shown in the file")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+ArrowUp")
    choose(page, "View", "Show or hide code")
    expect(second.get_by_role("button", name="import math Show code")).to_be_visible()
    both = {"cellView": "form", "jupyter": {"source_hidden": True}}
    wait_until(lambda: metadata(2) == both, what="a form that Colab and JupyterLab hide")
    assert metadata(3) == {"jupyter": {"source_hidden": True}, "tags": ["kept"]}
    page.keyboard.press("z")  # what was hidden at once, and noted twice of the form, is one step
    expect(source(page, 2)).to_be_visible()
    expect(source(page, 3)).to_be_visible()


def test_outputs_of_every_kind_and_a_frame_that_reaches_nothing(
    stage: Stage, stock: Jupyter, opened: Callable[..., Page], complaints: Complaints
) -> None:
    # The browser tells of what the frame was refused, and of nothing else; Firefox tells of it as an error.
    refused = "|".join(re.escape(url) for url in (f"{stage.hub.origin}/api/v1/session", f"{stock.url}/api"))
    complaints.expect(f"^(policy: |script error: The page’s settings blocked).*({refused})")
    page = opened(
        PLOT,
        "1/0",
        "name = input('who? ')\nprint('hello ' + name)",
        "for n in range(3000): print('line', n)",
        "pass",
        "pass",
    )
    connect(page, stock.pasted)
    run_cell(page, 1)
    shown = output(page, 1)
    expect(shown).to_contain_text("red plain")
    expect(shown).to_contain_text("100 %")
    expect(shown).not_to_contain_text("10 %\n")
    expect(shown.locator("strong")).to_have_text("bold")
    expect(shown.locator(".katex").first).to_be_visible()
    expect(shown.locator("img")).to_have_count(2)
    expect(shown.locator("td")).to_have_text("rain")
    expect(shown).to_contain_text("key")
    run_cell(page, 2)
    expect(output(page, 2)).to_contain_text("ZeroDivisionError")
    run_cell(page, 3)
    field = (
        page.get_by_role("textbox", name="Input for the running code").or_(output(page, 3).get_by_role("textbox")).first
    )
    field.click()
    page.keyboard.type("Ada")
    page.keyboard.press("Enter")
    expect(output(page, 3)).to_contain_text("hello Ada")
    expect(code_cell(page, 3)).to_be_focused()  # its field had the focus, and is gone
    run_cell(page, 4)
    show_all = output(page, 4).get_by_role("button", name="Show all")
    expect(show_all).to_be_visible()
    show_all.click()
    expect(output(page, 4).get_by_role("group", name="All 3,000 lines")).to_be_visible()
    wait = "import time\nfrom IPython.display import clear_output\n"
    wait += "for n in range(3):\n    clear_output(wait=True); print('step', n)"
    type_source(page, 5, wait)
    run_cell(page, 5)
    expect(output(page, 5)).to_have_text(re.compile(r"^\s*step 2\s*$"))
    type_source(page, 6, FRAME.replace("ORIGIN", stage.hub.origin).replace("RUNTIME", stock.url))
    run_cell(page, 6)
    expect(output(page, 6).locator("iframe").content_frame.locator("#said")).to_have_text("reached: nothing")


SLIDES = """from IPython.display import HTML
HTML('''<button>press</button><script>
  document.querySelector('button').addEventListener('click', (event) => { event.target.textContent = 'pressed'; });
</script>''')"""


def test_a_language_that_is_switched_reaches_outputs_and_leaves_them_as_they_run(
    stock: Jupyter, opened: Callable[..., Page]
) -> None:
    page = opened(SLIDES, "for n in range(3000): print('line', n)")
    connect(page, stock.pasted)
    run_cell(page, 2)
    expect(output(page, 2).get_by_role("button", name="Show all")).to_be_attached()
    run_cell(page, 1)
    frame = page.locator(".output-frame iframe")  # its region has another name in the other language
    inside = frame.content_frame.get_by_role("button")
    inside.click()
    expect(inside).to_have_text("pressed")
    expect(frame).to_have_attribute("title", "Interactive output")
    choose(page, "Tools", "Settings")
    page.get_by_role("button", name=re.compile("Language")).click()
    page.get_by_role("option", name="日本語").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(frame).to_have_attribute("title", "インタラクティブな出力")
    expect(inside).to_have_text("pressed")
    folded = page.locator(".output-fold")
    expect(folded.get_by_role("button", name="すべて表示")).to_be_attached()
    expect(folded).to_contain_text("行を省略")


def test_text_typed_over_selected_text_takes_its_place_and_breaks_no_rule_of_the_page(
    opened: Callable[..., Page],
) -> None:
    page = opened("def answer():\n    return 'forty-two'")
    box = source(page, 1)
    box.click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Shift+End")
    page.keyboard.type("if True:")
    expect(box.locator(".cm-line").first).to_have_text("if True:")
    page.keyboard.press("Control+Home")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.type("x")
    expect(box).to_have_text("x  return 'forty-two'")
    expect(box.locator("[style]")).to_have_count(0)
    # Brackets still go around what is selected.
    page.keyboard.press("Control+a")
    page.keyboard.type("(")
    expect(box).to_have_text("(x  return 'forty-two')")
