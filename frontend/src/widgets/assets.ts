/**
 * JavaScript that packages of the kernel's environment ship for notebooks: read through the kernel itself, so it fits the
 * installed version, needs no network, and works wherever the kernel is.
 */
import { isAssetName } from "../core/frame-messages.ts";
import { fromBase64 } from "../core/widget-state.ts";
import { newMessage } from "../kernel/messages.ts";
import type { KernelMessage, OutgoingMessage } from "../kernel/wire.ts";

// One expression, so that nothing is left in the person's namespace. `{name}` is a checked name in quotes.
const READ = `(lambda os, base64, zlib, paths: next((base64.b64encode(zlib.compress(open(found, "rb").read(), 6)).decode()
 for root in paths for found in [os.path.join(root, *{name}.split("/")) + ".js"] if os.path.isfile(found)), ""))(
 __import__("os"), __import__("base64"), __import__("zlib"),
 {paths})`;
const NBEXTENSIONS = '__import__("jupyter_core.paths", fromlist=["jupyter_path"]).jupyter_path("nbextensions")';
const BOKEH = `[path + "/server/static/js" for spec in [__import__("importlib.util").util.find_spec("bokeh")] if spec
 for path in spec.submodule_search_locations]`.replaceAll("\n", " ");

/** The request that reads a module: a notebook extension's (`jupyter-matplotlib/index`), or BokehJS (`bokeh/bokeh.min`). */
export function assetRequest(
  name: string,
  { msgId, session, now }: { readonly msgId: string; readonly session: string; readonly now: number },
): OutgoingMessage {
  if (!isAssetName(name)) throw new TypeError("not a module's name");
  const isBokeh = name.startsWith("bokeh/");
  const file = JSON.stringify(isBokeh ? name.slice("bokeh/".length) : name);
  const expression = READ.replace("{name}", file).replace("{paths}", isBokeh ? BOKEH : NBEXTENSIONS);
  return newMessage({
    msgId,
    type: "execute_request",
    channel: "shell",
    session,
    now,
    content: {
      code: "",
      silent: true,
      store_history: false,
      allow_stdin: false,
      stop_on_error: false,
      user_expressions: { asset: expression.replaceAll("\n", " ") },
    },
  });
}

/** The module's text; null when the environment has none, or the kernel speaks no Python. */
export async function assetIn(reply: KernelMessage): Promise<string | null> {
  const answers = reply.content["user_expressions"];
  const asset = field(answers, "asset");
  const shown = field(field(asset, "data"), "text/plain");
  const quoted = typeof shown === "string" ? /^['"]([A-Za-z0-9+/=]*)['"]$/.exec(shown) : null;
  const packed = quoted?.[1] ? fromBase64(quoted[1]) : null;
  if (packed === null) return null;
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return await new Response(unpacked).text();
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}
