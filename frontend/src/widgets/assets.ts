/**
 * JavaScript that packages of the kernel's environment ship for notebooks: read through the kernel itself, so it fits the
 * installed version, needs no network, and works wherever the kernel is.
 */
import { isAssetName } from "../core/frame-messages.ts";
import { fromBase64 } from "../core/widget-state.ts";
import type { Asker } from "../kernel/ask.ts";
import { evaluateSilently } from "../kernel/silently.ts";

// One expression, so that nothing is left in the person's namespace. `{file}` is a checked name in quotes.
const READ = `(lambda os, base64, zlib, paths: next((base64.b64encode(zlib.compress(open(found, "rb").read(), 6)).decode()
 for root in paths for found in [os.path.join(root, *{file}.split("/"))] if os.path.isfile(found)), ""))(
 __import__("os"), __import__("base64"), __import__("zlib"),
 {paths})`;
const NBEXTENSIONS = '__import__("jupyter_core.paths", fromlist=["jupyter_path"]).jupyter_path("nbextensions")';
/** Packages whose files lie beside their Python code. */
const INSIDE: Readonly<Record<string, string>> = { bokeh: "server/static/js", panel: "dist" };
/** A kernel that runs a cell answers when it is done with it. */
const WITHIN_MS = 600_000;

/**
 * The text of a notebook extension's module (`jupyter-matplotlib/index`), or of what a package has inside
 * (`bokeh/bokeh.min`, `panel/css/loading.css`); null when the environment has none, or the kernel speaks no Python.
 */
export async function readAsset(asker: Asker, name: string): Promise<string | null> {
  const limits = { withinMs: WITHIN_MS, waitsForLine: true };
  const worth = await evaluateSilently(asker, assetExpression(name), limits);
  const data = worth?.status === "ok" ? worth.data : null;
  const shown = typeof data === "object" && data !== null && "text/plain" in data ? data["text/plain"] : null;
  const quoted = typeof shown === "string" ? /^['"]([A-Za-z0-9+/=]*)['"]$/.exec(shown) : null;
  const packed = quoted?.[1] ? fromBase64(quoted[1]) : null;
  if (packed === null) return null;
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return await new Response(unpacked).text();
}

/** Python that reads the file. @throws TypeError for what is no module's name. */
export function assetExpression(name: string): string {
  if (!isAssetName(name)) throw new TypeError("not a module's name");
  const [owner = "", ...rest] = name.split("/");
  const inside = Object.hasOwn(INSIDE, owner) ? INSIDE[owner] : undefined;
  const path = inside === undefined ? name : rest.join("/");
  const file = JSON.stringify(path.endsWith(".css") ? path : `${path}.js`);
  const paths = inside === undefined ? NBEXTENSIONS : foldersOf(owner, inside);
  return READ.replace("{file}", file).replace("{paths}", paths).replaceAll("\n", " ");
}

/** Found without importing the package: that could take seconds, and change what it shows. */
function foldersOf(owner: string, inside: string): string {
  return `[path + "/${inside}" for spec in [__import__("importlib.util").util.find_spec("${owner}")] if spec for path in spec.submodule_search_locations]`;
}
