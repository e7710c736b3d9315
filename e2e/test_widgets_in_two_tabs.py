"""Widgets on the companion, in two tabs of one person: several views, binary pieces, reload, taking over (issue 9)."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, FrameLocator, Page, expect
from servers import Hub
from steps import (
    bring_into_view,
    connected,
    notebook_text,
    open_notebook,
    opened,
    output,
    press_inside,
    ran,
    run_cell,
    saved,
)

MAKE = """import anywidget, ipywidgets as w, traitlets
class Drum(anywidget.AnyWidget):
    _esm = '''export default { render({ model, el }) {
      const button = document.createElement("button");
      const show = () => {
        const bytes = new Uint8Array(model.get("raw").buffer ?? model.get("raw"));
        button.textContent = `${bytes.length} bytes, last ${bytes.at(-1)}`;
      };
      model.on("change:raw", show); show();
      button.onclick = () => {
        model.set("raw", new DataView(new Uint8Array([7, 0, 255]).buffer));
        model.save_changes();
      };
      el.append(button);
    } }'''
    raw = traitlets.Any(bytes(range(200))).tag(sync=True)  # what comes back is a memoryview
drum, speed = Drum(), w.IntSlider(value=7, description='speed')
w.VBox([drum, speed])"""
SOURCES = (MAKE, "speed", "print('kernel:', speed.value, list(drum.raw)[-3:])")


def frame(page: Page, position: int) -> FrameLocator:
    bring_into_view(page, position)
    return output(page, position).locator("iframe").content_frame


def press(page: Page, position: int, key: str) -> None:
    handle = frame(page, position).get_by_role("slider")
    handle.focus()
    handle.press(key)


def run(page: Page, position: int) -> None:
    bring_into_view(page, position)
    run_cell(page, position)
    ran(page, position)


def test_widgets_go_on_in_the_other_tab_with_their_bytes_and_after_a_reload(
    hub: Hub, folder: Path, new_context: Callable[..., BrowserContext]
) -> None:
    hub.words = ()
    (folder / "Widgets.ipynb").write_text(notebook_text(*SOURCES), encoding="utf-8")
    context = new_context()
    first = opened(context, hub.start(), "Widgets")
    connected(first)
    run(first, 1)
    run(first, 2)
    expect(frame(first, 1).get_by_role("button", name="200 bytes, last 199")).to_be_visible()

    # Two views in one tab, and both in another tab of the same person: what one does, all show, and the kernel has it.
    second = context.new_page()
    second.goto(hub.origin)
    open_notebook(second, "Widgets")
    connected(second)
    press(second, 2, "ArrowRight")
    for page in (first, second):
        for position in (1, 2):
            expect(frame(page, position).locator(".widget-readout")).to_have_text("8")
    press_inside(frame(second, 1).get_by_role("button", name="200 bytes"))
    expect(frame(second, 1).get_by_role("button", name="3 bytes, last 255")).to_be_visible()
    expect(frame(first, 1).get_by_role("button", name="3 bytes, last 255")).to_be_visible()
    run(first, 3)
    expect(output(first, 3)).to_contain_text("kernel: 8 [7, 0, 255]")

    # The tab that ran them goes; the other one goes on alone.
    saved(first)
    first.close()
    press(second, 1, "ArrowRight")
    expect(frame(second, 2).locator(".widget-readout")).to_have_text("9")
    run(second, 3)
    expect(output(second, 3)).to_contain_text("kernel: 9 [7, 0, 255]")

    # A page that comes back asks the kernel for the models as they are, bytes too.
    second.reload()
    connected(second)
    expect(frame(second, 1).get_by_role("button", name="3 bytes, last 255")).to_be_visible()
    press(second, 2, "ArrowLeft")
    expect(frame(second, 1).locator(".widget-readout")).to_have_text("8")
    run(second, 3)
    expect(output(second, 3)).to_contain_text("kernel: 8 [7, 0, 255]")
