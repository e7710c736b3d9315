"""Sixty output frames in one notebook (issue 9): what is in sight is there, and never more frames than have room."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, FrameLocator, Page, expect
from servers import Jupyter, wait_until
from stage import Stage
from steps import (
    bring_into_view,
    code_cell,
    connect,
    next_picture,
    output,
    press_inside,
    ran,
    run_cell,
    runtime_menu,
    type_source,
)

MANY = """from IPython.display import HTML, display
for n in range({first}, {end}):
    display(HTML(f'''<p style="height: 90px">output {{n}}</p><button>press {{n}}</button>
      <script>document.querySelector("button").onclick = (e) => e.target.append(" pressed")</script>'''))"""
# Open, parked, and as many as are in sight at once (frontend/src/outputs/frame-room.ts, frames.ts).
MOST_FRAMES = 20 + 24 + 8
BEGINS = "(cell) => cell.getBoundingClientRect().top - cell.closest('[role=list]').getBoundingClientRect().top"
HEIGHT = "(body) => Math.ceil(body.getBoundingClientRect().height)"
# Whether what is in sight has its frame, as high as its document (all of them are alike). Browsers draw no others.
DRAWN = """(height) => {
  const sight = document.querySelector("main").getBoundingClientRect();
  return [...document.querySelectorAll(".output-frame")].every((place) => {
    const { top, bottom } = place.getBoundingClientRect();
    return bottom < sight.top + 8 || top > sight.bottom - 8 || place.querySelector("iframe")?.offsetHeight === height;
  });
}"""
SCROLL = """async (main) => {
  main.scrollBy(0, main.clientHeight / 2);
  for (let n = 0; n < 3; n += 1) await new Promise(requestAnimationFrame);
}"""


def frame(page: Page, position: int) -> FrameLocator:
    """The document of the first frame of an output."""
    return output(page, position).locator("iframe").first.content_frame


def test_sixty_frames_in_one_notebook_stay_usable(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], browser_name: str
) -> None:
    name, last = f"Sixty {browser_name}", 22
    singles = [MANY.format(first=n, end=n + 1) for n in range(40, 60)]
    stage.put(name, MANY.format(first=0, end=40), *singles, "x = 1")
    page = stage.open(person(), name)
    connect(page, stock.pasted)
    runtime_menu(page, "Run all")

    def to_the_top() -> None:
        page.mouse.move(640, 500)
        page.mouse.wheel(0, -100_000)

    def drawn() -> None:
        wait_until(lambda: page.evaluate(DRAWN, height), what="every frame in sight as high as its document")
        assert page.locator("iframe").count() <= MOST_FRAMES

    def where_the_last_begins() -> int:
        bring_into_view(page, last)
        return int(code_cell(page, last).evaluate(BEGINS))

    # All that comes into sight is there, and never more frames than the limit.
    to_the_top()
    expect(frame(page, 1).get_by_text("output 0", exact=True)).to_be_visible()
    ran(page, 1)
    body, drawn_first = frame(page, 1).locator("body"), output(page, 1).locator("iframe").first
    wait_until(lambda: drawn_first.evaluate(HEIGHT) == body.evaluate(HEIGHT), what="a frame as high as its document")
    height = int(body.evaluate(HEIGHT))
    drawn()
    while code_cell(page, 4).count() == 0:
        page.get_by_role("main").evaluate(SCROLL)
        drawn()
    expect(output(page, 1).locator("iframe").last.content_frame.get_by_text("output 39")).to_be_visible()
    for position in range(2, last):
        bring_into_view(page, position)
        ran(page, position)
        expect(frame(page, position).get_by_text(f"output {position + 38}", exact=True)).to_be_visible()
        drawn()
    begins = where_the_last_begins()
    # Back at the top the first one is there, at its place, and can be used.
    to_the_top()
    press_inside(frame(page, 1).get_by_role("button", name="press 0"))
    expect(frame(page, 1).get_by_role("button", name="press 0 pressed")).to_be_visible()
    # What was ended and begun anew is as high as it was, however fast one passes it.
    while code_cell(page, last).count() == 0:
        page.mouse.wheel(0, 500)
        next_picture(page)
        assert page.locator("iframe").count() <= MOST_FRAMES
    wait_until(lambda: where_the_last_begins() == begins, what="the last cell where it was")
    expect(frame(page, last - 1).get_by_text("output 59", exact=True)).to_be_visible()
    code_cell(page, last).click(position={"x": 3, "y": 16})  # takes the keyboard from the first frame
    type_source(page, last, "print('still', 6 * 10)")
    run_cell(page, last)
    expect(output(page, last)).to_contain_text("still 60")
