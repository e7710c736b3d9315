/** Pictures inside a text cell: pasted or dropped files become attachments, `attachment:` addresses become `data:` ones. */
import { base64Of } from "../../core/base64.ts";
import type { CellId } from "../../core/cell.ts";
import type { Json } from "../../core/notebook.ts";
import type { NotebookController } from "./controller.ts";

const IMAGE = /^image\/(png|jpeg|gif|webp|avif|svg\+xml)$/;

/** The picture as a `data:` address, or null when the cell has none of that name. */
export function attachmentUrl(attachments: { readonly [name: string]: Json } | null, name: string): string | null {
  const bundle = attachments?.[name];
  if (typeof bundle !== "object" || bundle === null || Array.isArray(bundle)) return null;
  for (const [mime, data] of Object.entries(bundle)) {
    if (!IMAGE.test(mime)) continue;
    const text = Array.isArray(data) ? data.join("") : data;
    if (typeof text === "string") return `data:${mime};base64,${text}`;
  }
  return null;
}

/** Takes pictures into a text cell. False when there is none, or the cell is no text: the editor then does its own. */
export function attachFiles(controller: NotebookController, id: CellId, files: readonly File[]): boolean {
  const cell = controller.services.doc.cell(id);
  const images = files.filter((file) => IMAGE.test(file.type));
  if (images.length === 0 || cell?.type !== "markdown" || controller.isReadOnly) return false;
  void Promise.all(images.map((file) => attach(controller, id, file)));
  return true;
}

async function attach(controller: NotebookController, id: CellId, file: File): Promise<void> {
  const data = base64Of(new Uint8Array(await file.arrayBuffer()));
  const { doc } = controller.services;
  const cell = doc.cell(id);
  if (!cell) return;
  const attachments = cell.attachments ?? {};
  const name = freeName(file.name.replace(/[^\w.-]+/g, "-") || "image.png", new Set(Object.keys(attachments)));
  doc.setAttachments(id, { ...attachments, [name]: { [file.type]: data } });
  const at = Math.min(controller.cursorOf(id)?.head ?? cell.source.length, cell.source.length);
  doc.changeSource(id, [{ from: at, to: at, insert: `![${name}](attachment:${name})` }]);
}

/** `name`, or `name-2`, `name-3`… where it is taken. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  const [, stem = name, end = ""] = /^(.*?)(\.[^.]*)?$/.exec(name) ?? [];
  for (let n = 2; ; n += 1) if (!taken.has(`${stem}-${n}${end}`)) return `${stem}-${n}${end}`;
}
