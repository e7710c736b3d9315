// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { sanitise } from "./sanitise.ts";

const shadow = { keepIds: true, allowStyleElements: true };
const page = { keepIds: false, allowStyleElements: false };

function htmlOf(source: string, where = shadow): { html: string; active: boolean; sheets: readonly string[] } {
  const { fragment, active, styleSheets, applyStyles } = sanitise(source, where);
  const host = document.createElement("div");
  host.append(fragment);
  applyStyles();
  return { html: host.innerHTML, active, sheets: styleSheets };
}

const DATAFRAME = `<div>
<style scoped>
    .dataframe tbody tr th { vertical-align: top; }
</style>
<table border="1" class="dataframe"><thead><tr style="text-align: right;"><th></th><th>a</th></tr></thead>
<tbody><tr><th>0</th><td>1</td></tr></tbody></table></div>`;

describe("sanitise: what stays in the page", () => {
  const inert: readonly (readonly [string, string])[] = [
    ["a pandas DataFrame", DATAFRAME],
    [
      "a Styler table",
      '<style type="text/css">#T_1_row0_col0 { color: red }</style><table id="T_1"><td id="T_1_row0_col0">1</td></table>',
    ],
    [
      "a folding estimator",
      '<style>#sk {}</style><div id="sk"><input type="checkbox" id="x" checked><label for="x">A</label></div>',
    ],
    ["details", "<details><summary>s</summary>t</details>"],
    ["a picture", '<img src="data:image/png;base64,AAAA">'],
    ["static SVG", '<svg viewBox="0 0 1 1"><circle r="1"></circle></svg>'],
    ["a link", '<a href="https://a.example/">x</a>'],
    ["a comment", "<!-- c --><p>x</p>"],
  ];
  it.each(inert)("%s is not active", (_, source) => {
    expect(htmlOf(source).active).toBe(false);
  });

  it("gives style elements and attributes back outside of the markup", () => {
    const { html, sheets } = htmlOf(DATAFRAME);
    expect(sheets).toHaveLength(1);
    expect(sheets[0]).toContain(".dataframe tbody tr th");
    expect(html).not.toContain("<style");
    expect(html).toContain('style="text-align: right;"');
  });

  it("keeps ids for a shadow root and prefixes them in the page", () => {
    expect(htmlOf('<b id="location">x</b>').html).toBe('<b id="location">x</b>');
    expect(htmlOf('<b id="location">x</b>', page).html).toBe('<b id="user-content-location">x</b>');
  });

  it("puts a link in the place of media that would be loaded from elsewhere", () => {
    const film = htmlOf(
      '<video controls poster="https://a.example/p.png" src="https://a.example/film.mp4"></video>',
    ).html;
    expect(film).toMatch(/^<a class="remote-image" href="https:\/\/a.example\/film.mp4"[^>]*>film.mp4<\/a>$/);
    expect(htmlOf('<audio><source src="//a.example/s.ogg"></audio>').html).toContain('href="//a.example/s.ogg"');
    expect(htmlOf('<img alt="A map" src="https://a.example/m.png">').html).toContain(">A map</a>");
    expect(htmlOf('<img src="data:image/png;base64,AA" srcset="https://a.example/2x.png 2x">').html).toBe(
      '<img src="data:image/png;base64,AA">',
    );
    expect(htmlOf('<video src="data:video/mp4;base64,AA"></video>').html).toContain("<video");
  });

  it("opens links apart from the page", () => {
    expect(htmlOf('<a href="https://a.example/">x</a>').html).toBe(
      '<a href="https://a.example/" target="_blank" rel="noopener noreferrer nofollow">x</a>',
    );
  });
});

describe("sanitise: what belongs into a frame", () => {
  const active: readonly (readonly [string, string])[] = [
    ["a script", "<div>x</div><script>alert(1)</script>"],
    ["a handler", '<img src="x" onerror="alert(1)">'],
    ["a frame", '<iframe src="https://a.example"></iframe>'],
    ["a javascript: link", '<a href="javascript:alert(1)">x</a>'],
    ["a form", '<form action="https://a.example"><input name="q"></form>'],
    ["a script in SVG", "<svg><script>alert(1)</script></svg>"],
    ["a custom element", "<my-plot></my-plot>"],
    ["a base", '<base href="https://a.example">'],
  ];
  it.each(active)("%s is active, and is gone from the markup", (_, source) => {
    const { html, active } = htmlOf(source);
    expect(active).toBe(true);
    expect(html).not.toMatch(/script|onerror|iframe|<form|my-plot|<base/i);
  });

  it("a style element in the page's own tree is dropped", () => {
    const { html, sheets } = htmlOf("<style>body{display:none}</style><p>x</p>", page);
    expect([html, sheets]).toEqual(["<p>x</p>", []]);
  });
});
