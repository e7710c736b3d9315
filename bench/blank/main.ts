// The stick for typing: the same notebook's cells as plain text, one CodeMirror, nothing else. With `?colours` it has the first cell's text and
// the page's own colours too.
import { defaultKeymap } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { syntaxHighlighting } from "@codemirror/language";
import { EditorView, keymap } from "@codemirror/view";
import { colors } from "../../frontend/src/editor/theme.ts";

const asked = new URLSearchParams(location.search);
const count = Number(asked.get("cells") ?? "10");
const list = document.createElement("div");
for (let index = 0; index < count; index++) {
  const cell = document.createElement("pre");
  cell.textContent = `# cell ${index}\nvalue = ${index}`;
  list.append(cell);
}
const place = document.createElement("div");
document.body.append(place, list);
const isColoured = asked.has("colours");
new EditorView({
  doc: isColoured ? "def f_0(x):\n    return [x * 0 for _ in range(10)]\n\nprint(f_0(2))" : "x = 1\n",
  extensions: [python(), keymap.of(defaultKeymap), isColoured ? syntaxHighlighting(colors) : []],
  parent: place,
});
