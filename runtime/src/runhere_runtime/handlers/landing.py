"""The page at `/`: what a browser shows at the printed link, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from tornado.web import authenticated

from runhere_runtime.handlers.base import RuntimeHandler


@dataclass(frozen=True)
class Words:
    """What the page says. `{…}` stand for what is true now; they are filled with escaped text."""

    title: str
    ready: str
    explain: str
    link: str
    copy: str
    copied: str
    copy_by_hand: str
    secret: str
    folder: str
    kernels: str
    version: str
    origins: str
    no_origin: str
    allow: str
    sessions: str


ENGLISH = Words(
    title="Runhere runtime",
    ready="This runtime is ready",
    explain="To run notebooks on this machine, choose <b>Connection options ▸ Connect to a local runtime…</b> in the "
    "notebook page and paste this link:",
    link="Link of this runtime",
    copy="Copy link",
    copied="Copied",
    copy_by_hand="Press Ctrl+C to copy",
    secret="Whoever has this link can run programs as you on this machine. Keep it to yourself.",
    folder="Folder of files",
    kernels="Running kernels",
    version="Version",
    origins="Pages that may connect",
    no_origin="none yet",
    allow="To let another page connect, run this in a terminal of the machine or container where the runtime is:",
    sessions="Connected pages are listed by <code>runhere-runtime sessions</code> and cut off by "
    "<code>runhere-runtime revoke ID</code>.",
)
JAPANESE = Words(
    title="Runhere ランタイム",
    ready="このランタイムは使用できます",
    explain="このマシンでノートブックを実行するには、ノートブックのページで"
    "<b>接続オプション ▸ ローカル ランタイムに接続…</b>を選び、次のリンクを貼り付けてください。",
    link="このランタイムのリンク",
    copy="リンクをコピー",
    copied="コピーしました",
    copy_by_hand="Ctrl+C を押してコピーしてください",
    secret="このリンクを持つ人は、このマシンであなたとしてプログラムを実行できます。他の人に渡さないでください。",
    folder="ファイルのフォルダ",
    kernels="実行中のカーネル",
    version="バージョン",
    origins="接続できるページ",
    no_origin="まだありません",
    allow="別のページの接続を許可するには、ランタイムのあるマシンまたはコンテナのターミナルで、次のコマンドを実行します。",
    sessions="接続済みのページは <code>runhere-runtime sessions</code> で一覧表示し、"
    "<code>runhere-runtime revoke ID</code> で切断できます。",
)
WORDS = {"en": ENGLISH, "ja": JAPANESE}

_PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{w.title}</title>
<link rel="stylesheet" href="/api/runhere/landing.css">
<main>
<h1><span class="dot" aria-hidden="true"></span>{w.ready}</h1>
<section class="card">
<p>{w.explain}</p>
<div class="row">
<input id="link" readonly spellcheck="false" aria-label="{w.link}" value="{link}">
<button id="copy" type="button" data-copied="{w.copied}" data-by-hand="{w.copy_by_hand}">{w.copy}</button>
</div>
<p id="told" role="status"></p>
<p class="quiet">{w.secret}</p>
</section>
<dl>
<dt>{w.folder}</dt><dd><code>{root}</code></dd>
<dt>{w.kernels}</dt><dd>{kernels}</dd>
<dt>{w.origins}</dt><dd>{origins}</dd>
<dt>{w.version}</dt><dd>{version}</dd>
</dl>
<p>{w.allow}</p>
<p><code class="line">runhere-runtime allow https://hub.example</code></p>
<p class="quiet">{w.sessions}</p>
</main>
<script src="/api/runhere/landing.js"></script>
</html>
"""
_SCRIPT = """"use strict";
// The gate has redirected to an address without the token; this is for a page that came out of the browser's cache.
if (location.search) history.replaceState(null, "", location.pathname);
const link = document.getElementById("link");
link.value = `${location.origin}/${new URL(link.value).search}`;  // a container or a tunnel may show another port
const copy = document.getElementById("copy");
const told = document.getElementById("told");
link.addEventListener("focus", () => link.select());
copy.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(link.value);
    told.textContent = copy.dataset.copied;
  } catch {  // no permission, or no clipboard on a page without https
    link.focus();
    link.select();
    told.textContent = copy.dataset.byHand;
  }
});
"""
_STYLE = """:root { color-scheme: light dark; --line: #d0d7de; --card: #f6f8fa; --text: #1f2328; --quiet: #59636e;
  --paper: #fff; --press: #0b57d0; --on-press: #fff }
@media (prefers-color-scheme: dark) { :root { --line: #3d444d; --card: #1b2027; --text: #e6edf3; --quiet: #9da7b1;
  --paper: #12161c; --press: #a8c7fa; --on-press: #062e6f } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--text); line-height: 1.55;
  font: 16px/1.55 system-ui, "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP", sans-serif }
main { max-width: 44rem; margin: 3rem auto; padding: 0 1.25rem }
h1 { font-size: 1.5rem; display: flex; align-items: center; gap: .6rem; margin: 0 0 1.25rem }
.dot { inline-size: .75rem; block-size: .75rem; border-radius: 50%; background: #1a9a4b; flex: none }
.card { border: 1px solid var(--line); border-radius: 12px; background: var(--card); padding: .35rem 1.25rem }
.row { display: flex; gap: .5rem; flex-wrap: wrap }
input { flex: 1 1 18rem; min-width: 0; font: 14px ui-monospace, monospace; padding: .6rem .7rem; color: inherit;
  background: var(--paper); border: 1px solid var(--line); border-radius: 8px }
button { font: inherit; padding: .55rem 1.1rem; border: 0; border-radius: 8px; background: var(--press);
  color: var(--on-press); cursor: pointer }
input:focus-visible, button:focus-visible { outline: 2px solid var(--press); outline-offset: 2px }
#told { min-height: 1.55em; margin: .4rem 0 0 }
.quiet { color: var(--quiet); font-size: .9rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .4rem 1.5rem; margin: 1.5rem 0 }
dt { color: var(--quiet) } dd { margin: 0; overflow-wrap: anywhere }
ul { margin: 0; padding: 0; list-style: none }
code { font: 14px ui-monospace, monospace }
.line { display: block; padding: .6rem .8rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; overflow-x: auto }
@media (max-width: 34rem) { main { margin-top: 1.5rem } dl { grid-template-columns: 1fr; gap: 0 }
  h1 { font-size: 1.25rem } dd { margin-bottom: .7rem } button { flex: 1 1 auto } }
"""


class LandingHandler(RuntimeHandler):
    """The gate has taken the token out of the address already."""

    @property
    def content_security_policy(self) -> str:
        return (
            "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )

    @authenticated
    def get(self) -> None:
        language = prefer(self.request.headers.get("Accept-Language", ""), tuple(WORDS))
        words = WORDS[language]
        listed = "".join(f"<li>{escape(origin)}</li>" for origin in sorted(self.runtime.origins.now()))
        link = f"{self.runtime.origin}/?token={self.runtime.credentials.master}"
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.set_header("Vary", "Accept-Language")
        self.finish(
            _PAGE.format(
                w=words,
                language=language,
                root=escape(str(self.runtime.root)),
                kernels=len(self.kernel_manager.list_kernel_ids()),
                link=escape(link),
                origins=f"<ul>{listed}</ul>" if listed else words.no_origin,
                version=escape(self.runtime.version),
            )
        )


class LandingScriptHandler(RuntimeHandler):
    @authenticated
    def get(self) -> None:
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.finish(_SCRIPT)


class LandingStyleHandler(RuntimeHandler):
    @authenticated
    def get(self) -> None:
        self.set_header("Content-Type", "text/css; charset=utf-8")
        self.finish(_STYLE)


def prefer(accepted: str, known: tuple[str, ...]) -> str:
    """The best known language for an Accept-Language header; the first known one when none fits."""
    wishes: list[tuple[float, str]] = []
    for part in accepted.split(","):
        tag, _, weight = part.partition(";q=")
        try:
            wishes.append((-float(weight or 1), tag.strip().lower().partition("-")[0]))
        except ValueError:
            continue
    return next((tag for _, tag in sorted(wishes, key=lambda wish: wish[0]) if tag in known), known[0])


HANDLERS: list[tuple[Any, ...]] = [
    (r"/api/runhere/landing.js", LandingScriptHandler),
    (r"/api/runhere/landing.css", LandingStyleHandler),
    (r"/", LandingHandler),
]
