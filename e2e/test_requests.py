"""What running code asks of the page: secrets, files, the notebook itself; unknown questions are answered at once."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect
from servers import Hub
from steps import bring_into_view, connected, opened, output, press_inside, ran, run_cell

CELLS = [
    "from runhere import userdata; print('got', userdata.get('API_KEY'))",
    "from runhere import files; print(sorted(files.upload()))",
    "open('out.txt', 'w').write('rain'); files.download('out.txt'); print('handed over')",
    "import runhere; print(len(runhere.ask('get_ipynb', '')['ipynb']['cells']))",
    "runhere.ask('nonsense', None)",
    """from runhere import output
from IPython.display import HTML, Javascript, display
display(Javascript('self.twice = (n) => n * 2; element.textContent = "ready"'))
print('came to', output.eval_js('Promise.resolve({n: twice(21), origin: self.origin, page: self === top})'))""",
    """print('unseen', output.eval_js('document.body.append("x") ?? [1, null]'))
for script in ('throw new TypeError("no such luck")', 'new Promise(() => 0)', 'parent.document.title'):
    try:
        output.eval_js(script, timeout_sec=1 if 'Promise' in script else 60)
    except runhere.PageError as error:
        print('told:', error)""",
    """output.register_callback('add', lambda a, b=0: a + b)
for name in ('add', 'remove'):
    display(HTML(f'''<button>{name}</button><script>
      const button = document.querySelector('button');
      button.addEventListener('click', () => google.colab.kernel.invokeFunction('{name}', [20], {{b: 22}}).then(
        (found) => {{ button.textContent = 'sum ' + found.data['text/plain']; }},
        (error) => {{ button.textContent = error.message; }}));
    </script>'''))""",
]


def notebook() -> str:
    cells = [
        {"cell_type": "code", "execution_count": None, "id": f"c{at}", "metadata": {}, "outputs": [], "source": source}
        for at, source in enumerate(CELLS)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def answer(page: Page, title: str, button: str) -> None:
    page.get_by_role("dialog", name=title).get_by_role("button", name=button, exact=True).click()


def test_code_asks_the_person_and_never_waits_for_nothing(
    hub: Hub, folder: Path, tmp_path: Path, new_context: Callable[..., BrowserContext], browser_name: str
) -> None:
    (folder / "Asks.ipynb").write_text(notebook(), encoding="utf-8")
    chosen = tmp_path / "chosen.csv"
    chosen.write_text("a\n1\n", encoding="utf-8")
    hub.words = ()  # with the runtime beside it
    page = opened(new_context(accept_downloads=True), hub.start(), "Asks")
    connected(page)

    run_cell(page, 1)
    secret = page.get_by_role("dialog", name="This notebook asks for a secret")
    secret.get_by_label("Value of API_KEY").fill("s3cret")
    answer(page, "This notebook asks for a secret", "Give it")
    expect(output(page, 1)).to_contain_text("got s3cret")
    run_cell(page, 1)  # allowed from now on
    ran(page, 1)
    expect(secret).to_be_hidden()

    run_cell(page, 2)
    page.get_by_label("Choose files").set_input_files(chosen)
    expect(page.get_by_role("dialog", name="This notebook asks for files")).to_contain_text("chosen.csv")
    answer(page, "This notebook asks for files", "Send")
    expect(output(page, 2)).to_contain_text("['chosen.csv']")
    assert (folder / "chosen.csv").read_text() == "a\n1\n"

    bring_into_view(page, 3)
    run_cell(page, 3)
    if browser_name == "chromium":
        with page.expect_download() as handed:
            answer(page, "This notebook hands you a file", "Download")
        assert Path(handed.value.path()).read_text() == "rain"
    else:  # Firefox does not tell its driver of a download that the page made itself
        answer(page, "This notebook hands you a file", "Download")
    expect(output(page, 3)).to_contain_text("handed over")

    bring_into_view(page, 4)
    run_cell(page, 4)
    expect(output(page, 4)).to_contain_text(str(len(CELLS)))
    bring_into_view(page, 5)
    run_cell(page, 5)
    expect(output(page, 5)).to_contain_text("This page does not know the request nonsense.")

    # Scripts run in the output's closed-off frame, and outputs call what the kernel's code registered for them.
    bring_into_view(page, 6)
    run_cell(page, 6)
    expect(output(page, 6)).to_contain_text("came to {'n': 42, 'origin': 'null', 'page': False}")
    bring_into_view(page, 7)
    run_cell(page, 7)
    expect(output(page, 7)).to_contain_text("unseen [1, None]")
    expect(output(page, 7)).to_contain_text("told: TypeError: no such luck")
    expect(output(page, 7)).to_contain_text("told: The script did not come to an end within 1 s.")
    expect(output(page, 7)).to_contain_text("told: SecurityError")
    bring_into_view(page, 8)
    run_cell(page, 8)
    frames = output(page, 8).locator("iframe")
    press_inside(frames.first.content_frame.get_by_role("button", name="add"))
    expect(frames.first.content_frame.get_by_role("button", name="sum 42")).to_be_visible()
    press_inside(frames.last.content_frame.get_by_role("button", name="remove"))
    expect(frames.last.content_frame.get_by_role("button")).to_contain_text("No function is registered as 'remove'")

    # What is kept is listed by name, and forgotten.
    page.get_by_role("menuitem", name="Tools", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Settings")).first.click()
    settings = page.get_by_role("dialog", name="Settings")
    kept = settings.get_by_role("region", name="Secrets kept in this browser")
    expect(kept.get_by_text("API_KEY", exact=True)).to_be_visible()
    expect(settings).not_to_contain_text("s3cret")
    kept.get_by_role("button", name="Forget API_KEY").click()
    expect(kept.get_by_text("No secrets are kept")).to_be_visible()
    settings.get_by_role("button", name="Close").click()
    bring_into_view(page, 1)
    run_cell(page, 1)
    expect(secret).to_be_visible()
    answer(page, "This notebook asks for a secret", "Do not give it")
    expect(output(page, 1)).to_contain_text("There is no secret 'API_KEY' in this browser")

    bring_into_view(page, 3)
    run_cell(page, 3)
    answer(page, "This notebook hands you a file", "Do not download")
    expect(output(page, 3)).to_contain_text("The download of out.txt was refused.")
