// @vitest-environment jsdom
import { expect, test } from "vitest";
import { rangeOf, readText } from "./read-text.ts";

function nodes(html: string): HTMLElement {
  const root = document.createElement("div");
  root.innerHTML = html;
  document.body.replaceChildren(root);
  return root;
}

test("blocks stand on lines of their own, inline elements in theirs", () => {
  expect(readText(nodes("<p>one <b>two</b></p><table><tr><td>a</td><td>b</td></tr></table>")).text).toBe(
    "one two\na\nb\n",
  );
});

test("buttons, summaries, styles and formulas are no text", () => {
  const root = nodes("<style>a{}</style><summary>no</summary><button>no</button>a<span class=formula>no</span>b");
  expect(readText(root).text).toBe("ab");
});

test("a shadow root stands for its host", () => {
  const root = nodes("<section></section>");
  const shadow = root.firstElementChild?.attachShadow({ mode: "open" });
  shadow?.append("inside");
  expect(readText(root).text).toBe("inside\n");
});

test("a place in the text is a range of the page", () => {
  const read = readText(nodes("<p>one <b>two</b> three</p>"));
  const from = read.text.indexOf("e two");
  expect(rangeOf(read, from, from + "e two th".length)?.toString()).toBe("e two th");
  expect(rangeOf(readText(nodes("")), 0, 1)).toBeNull();
});
