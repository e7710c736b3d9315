/**
 * The text of nodes as a person reads it, for "find": blocks stand on lines of their own, buttons and formulas are left out. Read from clean
 * nodes before they are shown, or from the page, it is the same.
 */
export interface ReadText {
  readonly text: string;
  /** Where each text node begins in it. */
  readonly nodes: readonly { readonly node: Text; readonly from: number }[];
}

const LEFT_OUT = "button, summary, style, script, template, .formula, .output-fold";
const INLINE = new Set(
  "A ABBR B BDI BDO BIG CITE CODE DEL DFN EM FONT I IMG INS KBD LABEL MARK Q S SAMP SMALL SPAN STRIKE STRONG SUB SUP TT U VAR WBR".split(
    " ",
  ),
);

export function readText(root: Node): ReadText {
  const nodes: { node: Text; from: number }[] = [];
  let text = "";
  const endLine = (): void => {
    if (text !== "" && !text.endsWith("\n")) text += "\n";
  };
  const read = (node: Node): void => {
    if (node.nodeType === Node.TEXT_NODE) {
      nodes.push({ node: node as Text, from: text.length });
      text += (node as Text).data;
      return;
    }
    if (node instanceof Element && node.matches(LEFT_OUT)) return;
    const isBlock = node instanceof Element && !INLINE.has(node.tagName.toUpperCase());
    if (isBlock) endLine();
    for (const child of childrenOf(node)) read(child);
    if (isBlock) endLine();
  };
  for (const child of childrenOf(root)) read(child);
  return { text, nodes };
}

/** What of a text that was read stands where, as a range of the page; null when there is nothing. */
export function rangeOf({ nodes }: ReadText, from: number, to: number): Range | null {
  const start = nodeAt(nodes, from);
  const end = nodeAt(nodes, to - 1);
  if (start === null || end === null) return null;
  const range = document.createRange();
  range.setStart(start.node, Math.min(from - start.from, start.node.length));
  range.setEnd(end.node, Math.min(to - end.from, end.node.length));
  return range;
}

/** The last node that begins at or before `offset`. */
function nodeAt(nodes: ReadText["nodes"], offset: number): ReadText["nodes"][number] | null {
  let low = 0;
  let high = nodes.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((nodes[middle]?.from ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return nodes[low] ?? null;
}

function childrenOf(node: Node): Iterable<Node> {
  return node instanceof Element && node.shadowRoot ? node.shadowRoot.childNodes : node.childNodes;
}
