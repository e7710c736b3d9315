/** JSON as a tree that is made as it is opened. */
import { text } from "../i18n/t.ts";
import { element, nothingToDispose, type Renderer } from "./rendered.ts";
import { worded } from "./words.ts";

const OPEN_DEPTH = 1;
const CHUNK = 100;

export const jsonRenderer: Renderer = {
  mimeTypes: ["application/json", "application/geo+json"],
  render(request, host) {
    const tree = element("div", "output-json");
    tree.append(node(null, request.value, 0));
    host.append(tree);
    return nothingToDispose;
  },
};

function node(name: string | null, value: unknown, depth: number): HTMLElement {
  const label = name === null ? "" : `${name}: `;
  if (typeof value !== "object" || value === null) {
    const line = element("div", "json-leaf");
    line.append(
      element("span", "json-name", label),
      element("span", `json-${value === null ? "null" : typeof value}`, JSON.stringify(value) ?? "null"),
    );
    return line;
  }
  const entries = Object.entries(value);
  const details = element("details");
  const summary = element("summary");
  const brackets = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  summary.append(
    element("span", "json-name", label),
    element("span", "json-size", `${brackets[0]}${entries.length}${brackets[1]}`),
  );
  details.append(summary);
  let filled = false;
  const fill = (): void => {
    if (filled) return;
    filled = true;
    fillChunk(details, entries, 0, depth);
  };
  details.addEventListener("toggle", fill);
  if (depth < OPEN_DEPTH) {
    details.open = true;
    fill();
  }
  return details;
}

function fillChunk(
  host: HTMLElement,
  entries: readonly (readonly [string, unknown])[],
  from: number,
  depth: number,
): void {
  for (const [name, value] of entries.slice(from, from + CHUNK)) host.append(node(name, value, depth + 1));
  const left = entries.length - from - CHUNK;
  if (left <= 0) return;
  const more = worded(element("button", "output-button"), () => text("outputs.showMore", { count: left }));
  more.type = "button";
  more.addEventListener("click", () => {
    more.remove();
    fillChunk(host, entries, from + CHUNK, depth);
  });
  host.append(more);
}
