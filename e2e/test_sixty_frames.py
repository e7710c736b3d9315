"""Sixty output frames in one notebook (issue 9): what is in sight is there, and never more frames than have room."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, FrameLocator, Page, expect
from servers import Jupyter, wait_until
from stage import Stage
from steps import bring_into_view, code_cell, connect, output, ran, run_cell, runtime_menu, type_source

MANY = """from IPython.display import HTML, display
for n in range({first}, {end}):
    display(HTML(f'''<p style="height: 90px">output {{n}}</p><button>press {{n}}</button>
      <script>document.querySelector("button").onclick = (e) => e.target.append(" pressed")</script>'''))"""
# Open, parked, and as many as are in sight at once (frontend/src/outputs/frame-room.ts, frames.ts).
MOST_FRAMES = 20 + 24 + 8
BEGINS = "(cell) => cell.getBoundingClientRect().top - cell.closest('[role=list]').getBoundingClientRect().top"


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

    def scroll_to(position: int) -> None:
        while code_cell(page, position).count() == 0:
            page.mouse.wheel(0, 500)
            page.wait_for_timeout(50)
            assert page.locator("iframe").count() <= MOST_FRAMES

    def where_the_last_begins() -> int:
        bring_into_view(page, last)
        return int(code_cell(page, last).evaluate(BEGINS))

    # All that comes into sight is there, and never more frames than the limit.
    to_the_top()
    expect(frame(page, 1).get_by_text("output 0", exact=True)).to_be_visible()
    ran(page, 1)
    scroll_to(4)
    expect(output(page, 1).locator("iframe").last.content_frame.get_by_text("output 39")).to_be_visible()
    for position in range(2, last):
        bring_into_view(page, position)
        ran(page, position)
        expect(frame(page, position).get_by_text(f"output {position + 38}", exact=True)).to_be_visible()
        assert page.locator("iframe").count() <= MOST_FRAMES
    begins = where_the_last_begins()
    # Back at the top the first one is there, at its place, and can be used.
    to_the_top()
    frame(page, 1).get_by_role("button", name="press 0").click()
    expect(frame(page, 1).get_by_role("button", name="press 0 pressed")).to_be_visible()
    # What was ended and begun anew is as high as it was.
    scroll_to(last)
    wait_until(lambda: where_the_last_begins() == begins, what="the last cell where it was")
    expect(frame(page, last - 1).get_by_text("output 59", exact=True)).to_be_visible()
    type_source(page, last, "print('still', 6 * 10)")
    run_cell(page, last)
    expect(output(page, last)).to_contain_text("still 60")
