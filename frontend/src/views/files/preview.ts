/** What a file is shown as, by its name and size; and a table read from text. */

/** `pdf`: by the browser's own viewer, in a tab of its own. `none`: it can only be downloaded. */
export type PreviewKind = "text" | "table" | "image" | "pdf" | "none";

/** Larger texts are not opened in the page. */
export const TEXT_BYTES = 2 * 2 ** 20;
const IMAGE_BYTES = 30 * 2 ** 20;
const PDF_BYTES = 200 * 2 ** 20;

const IMAGES: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  avif: "image/avif",
  bmp: "image/bmp",
  // As an image an SVG runs no script and loads nothing.
  svg: "image/svg+xml",
};

export function extensionOf(name: string): string {
  return /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
}

export function imageType(name: string): string | null {
  return IMAGES[extensionOf(name)] ?? null;
}

const NOT_TEXT =
  /^(?:zip|gz|bz2|xz|7z|tar|tgz|whl|so|dll|exe|bin|npy|npz|pkl|pt|pth|h5|hdf5|parquet|feather|mp[34]|wav|ogg|mov|avi|mkv|docx?|xlsx?|pptx?|sqlite3?|db)$/;

export function previewOf(name: string, sizeBytes: number | null): PreviewKind {
  const size = sizeBytes ?? 0;
  const extension = extensionOf(name);
  if (imageType(name) !== null) return size <= IMAGE_BYTES ? "image" : "none";
  if (extension === "pdf") return size <= PDF_BYTES ? "pdf" : "none";
  if (size > TEXT_BYTES || NOT_TEXT.test(extension)) return "none";
  return extension === "csv" || extension === "tsv" ? "table" : "text";
}

export function languageOf(name: string): string {
  const extension = extensionOf(name);
  if (extension === "py") return "python";
  return extension === "md" ? "markdown" : extension;
}

/** Rows of a CSV (RFC 4180) or, with tabs, a TSV; at most `limit` of them. Quotes that never close reach to the end. */
export function readTable(text: string, separator: "," | "\t" | ";", limit: number): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  const endCell = (): void => {
    row.push(cell);
    cell = "";
  };
  const endRow = (): void => {
    endCell();
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  };
  for (let at = 0; at < text.length && rows.length < limit; at += 1) {
    const char = text[at] ?? "";
    if (isQuoted && char === '"' && text[at + 1] === '"') {
      cell += char;
      at += 1;
    } else if (isQuoted) {
      if (char === '"') isQuoted = false;
      else cell += char;
    } else if (char === '"' && cell === "") isQuoted = true;
    else if (char === separator) endCell();
    else if (char === "\n") endRow();
    else if (char !== "\r") cell += char;
  }
  if (rows.length < limit && (cell !== "" || row.length > 0)) endRow();
  return rows;
}

/** The separator of the first line: what stands in it most often. */
export function separatorOf(name: string, text: string): "," | "\t" | ";" {
  if (extensionOf(name) === "tsv") return "\t";
  const first = text.split("\n", 1)[0] ?? "";
  const count = (char: string): number => first.split(char).length;
  if (count("\t") > count(",") && count("\t") > count(";")) return "\t";
  return count(";") > count(",") ? ";" : ",";
}
