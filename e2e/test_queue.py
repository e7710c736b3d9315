"""The queue of runs as a person sees it: order, cancelling, errors, interrupts, kernels that die or are restarted."""

import re
from collections.abc import Callable

import psutil
from playwright.sync_api import BrowserContext, Page, expect
from servers import Jupyter, jupyter, server_flags
from stage import Stage
from steps import DEAF_MS, code_cell, connect, connected, interrupt, output, ran, run_cell, runtime_menu, type_source

# Real servers and browsers: on a busy machine a story takes its time, and each wait in it has a limit of its own.

WAIT = "import time\nwhile True: time.sleep(0.1)"


def queued(page: Page, position: int) -> None:
    expect(code_cell(page, position).get_by_role("button", name="Cancel queued run")).to_be_visible()


def running(page: Page, position: int) -> None:
    expect(code_cell(page, position).get_by_role("button", name="Interrupt execution")).to_be_visible()


def idle(page: Page) -> None:
    expect(page.locator('[aria-busy="true"]')).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("^(Interrupt execution|Cancel queued run)$"))).to_have_count(0)


def select_cell(page: Page, position: int) -> None:
    """Command mode on a cell."""
    code_cell(page, position).get_by_role("textbox").click()
    page.keyboard.press("Escape")


def choose_kernel(page: Page, name: str) -> None:
    page.get_by_role("button", name="Connection options").click()
    page.get_by_role("menuitem", name="Kernel").click()
    page.get_by_role("menuitemcheckbox", name=name).click()
    page.get_by_role("alertdialog").get_by_role("button", name="Change kernel").click()


def test_cells_run_in_order_and_an_error_stops_the_queue(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], browser_name: str
) -> None:
    logs = [f"log = [*globals().get('log', []), {n}]; print(log)" for n in (1, 2, 3)]
    stage.put(f"Order {browser_name}", *logs, "1 / 0", "print('five')", "print('six')")
    page = stage.open(person(), f"Order {browser_name}")
    connect(page, stock.pasted)
    runtime_menu(page, "Run all")
    ran(page, 4, "Failed")
    expect(page.get_by_text("Stopped at an error: 2 cells that waited were not run.")).to_be_visible()
    idle(page)
    expect(output(page, 3)).to_contain_text("[1, 2, 3]")
    expect(output(page, 5)).to_have_count(0)
    expect(output(page, 6)).to_have_count(0)
    select_cell(page, 3)
    runtime_menu(page, "Run all before")
    expect(output(page, 2)).to_contain_text("[1, 2, 3, 1, 2]")
    idle(page)
    select_cell(page, 2)
    page.keyboard.press("Shift+ArrowDown")
    runtime_menu(page, "Run selected cells")
    expect(output(page, 3)).to_contain_text("[1, 2, 3, 1, 2, 2, 3]")
    idle(page)
    select_cell(page, 5)
    runtime_menu(page, "Run cell and all after")
    expect(output(page, 6)).to_contain_text("six")
    idle(page)


def test_a_cell_that_asks_or_runs_far_out_of_sight_is_led_to(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], browser_name: str
) -> None:
    fillers = [f"print({n})" for n in range(40)]
    stage.put(f"Far {browser_name}", *fillers, "name = input('who? ')\nprint('hello', name)", WAIT)
    page = stage.open(person(), f"Far {browser_name}")
    connect(page, stock.pasted)
    runtime_menu(page, "Run all")
    hint = page.get_by_role("button", name="Cell 41 waits for your input")
    hint.click()
    field = page.get_by_role("textbox", name="who?")
    expect(field).to_be_focused()
    expect(field).to_be_in_viewport()
    expect(hint).to_have_count(0)
    page.keyboard.type("Ada")
    page.keyboard.press("Enter")
    expect(output(page, 41)).to_contain_text("hello Ada")
    page.keyboard.press("Home")
    expect(code_cell(page, 1)).to_be_in_viewport()
    runtime_menu(page, "Go to running cell")
    expect(code_cell(page, 42)).to_be_focused()
    expect(code_cell(page, 42)).to_be_in_viewport()
    interrupt(page, 42)
    ran(page, 42, "Interrupted")


def test_a_queue_is_cancelled_interrupted_and_ends_with_its_kernel(
    stage: Stage, stock: Jupyter, person: Callable[[], BrowserContext], browser_name: str
) -> None:
    stage.put(
        f"Wait {browser_name}",
        "import os; print(f'pid={os.getpid()}.', 'x' in globals())\nx = 1",
        WAIT,
        "print(3)",
        "print(4)",
    )
    page = stage.open(person(), f"Wait {browser_name}")
    connect(page, stock.pasted)
    runtime_menu(page, "Run all")
    running(page, 2)
    queued(page, 3)
    queued(page, 4)
    page.wait_for_timeout(DEAF_MS)
    code_cell(page, 3).get_by_role("button", name="Cancel queued run").click()
    expect(code_cell(page, 3).get_by_role("button", name="Run cell")).to_be_visible()
    queued(page, 4)
    interrupt(page, 2)
    ran(page, 2, "Interrupted")
    idle(page)
    expect(output(page, 3)).to_have_count(0)
    expect(output(page, 4)).to_have_count(0)

    pid = int(re.findall(r"pid=(\d+)\.", output(page, 1).inner_text())[0])
    run_cell(page, 2)
    running(page, 2)
    run_cell(page, 3)
    queued(page, 3)
    psutil.Process(pid).kill()
    expect(page.get_by_text("its variables are lost")).to_be_visible()
    idle(page)
    expect(output(page, 3)).to_have_count(0)
    page.get_by_role("button", name="Dismiss").last.click()
    run_cell(page, 1)
    expect(output(page, 1)).to_contain_text(re.compile(rf"pid=(?!{pid}\.)\d+\. False"))
    expect(page.get_by_text("its variables are lost")).to_have_count(0)

    type_source(page, 2, "print('x' in globals())")
    runtime_menu(page, "Restart and run all")
    page.get_by_role("alertdialog").get_by_role("button", name="Restart").click()
    expect(output(page, 4)).to_contain_text("4")
    expect(output(page, 1)).to_contain_text("False")
    expect(output(page, 2)).to_contain_text("True")
    expect(page.get_by_text("variables are lost")).to_have_count(0)
    runtime_menu(page, "Shut down")
    page.get_by_role("alertdialog").get_by_role("button", name="Shut down").click()
    expect(page.get_by_role("button", name=re.compile("^Kernel on .* has ended$"))).to_be_visible()
    # What is run next starts another kernel on the same server, without a question.
    run_cell(page, 2)
    expect(output(page, 2)).to_contain_text("False")
    connected(page)


def test_the_choice_of_a_kernel_is_remembered(stage: Stage, person: Callable[[], BrowserContext]) -> None:
    data = stage.hub.data.parent / "kernels"
    spec = data / "kernels" / "second"
    spec.mkdir(parents=True, exist_ok=True)
    spec.joinpath("kernel.json").write_text(
        '{"argv": ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],'
        ' "display_name": "Second Python", "language": "python", "env": {"WHICH": "second"}}',
        encoding="utf-8",
    )
    stage.put("Choice", "import os; print('which', os.environ.get('WHICH'))")
    flags = server_flags(stage.hub.origin)
    with jupyter("server", stage.hub.folder, *flags, env={"JUPYTER_PATH": str(data)}) as stock:
        page = stage.open(person(), "Choice")
        connect(page, stock.pasted)
        run_cell(page, 1)
        expect(output(page, 1)).to_contain_text("which None")
        choose_kernel(page, "Second Python")
        type_source(page, 1, "import os; print('now', os.environ.get('WHICH'))")
        run_cell(page, 1)
        expect(output(page, 1)).to_contain_text("now second")
        page.get_by_role("button", name="Connection options").click()
        page.get_by_role("menuitem", name="Disconnect").click()
        connect(page, stock.pasted)
        page.get_by_role("button", name=re.compile("^Connected to ")).click()
        details = page.get_by_role("dialog", name=re.compile("^Connected to "))
        expect(details.get_by_text("Second Python").first).to_be_visible()
