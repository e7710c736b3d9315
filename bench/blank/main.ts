// The stick for typing: the same notebook's cells as plain text, one CodeMirror, nothing else.
import { defaultKeymap } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { EditorView, keymap } from "@codemirror/view";

const count = Number(new URLSearchParams(location.search).get("cells") ?? "10");
const list = document.createElement("div");
for (let index = 0; index < count; index++) {
  const cell = document.createElement("pre");
  cell.textContent = `# cell ${index}\nvalue = ${index}`;
  list.append(cell);
}
const place = document.createElement("div");
document.body.append(place, list);
new EditorView({ doc: "x = 1\n", extensions: [python(), keymap.of(defaultKeymap)], parent: place });
