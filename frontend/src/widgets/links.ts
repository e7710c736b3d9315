/** `jslink` and `jsdlink`: frames share nothing, so the page joins the two ends. */
import { isRecord, type JsonRecord } from "../core/widget-state.ts";

export interface LinkEnd {
  readonly modelId: string;
  readonly key: string;
}

export interface WidgetLink {
  readonly source: LinkEnd;
  readonly target: LinkEnd;
  readonly isTwoWay: boolean;
}

/** The link that a model's state describes; null when it is none. */
export function linkIn(state: JsonRecord): WidgetLink | null {
  const name = state["_model_name"];
  if (name !== "LinkModel" && name !== "DirectionalLinkModel") return null;
  const source = endIn(state["source"]);
  const target = endIn(state["target"]);
  return source && target ? { source, target, isTwoWay: name === "LinkModel" } : null;
}

/** Where a change of some keys of a model goes: from which of its keys to which end. */
export function followers(
  links: Iterable<WidgetLink>,
  modelId: string,
  keys: ReadonlySet<string>,
): readonly { readonly key: string; readonly to: LinkEnd }[] {
  return [...links].flatMap(({ source, target, isTwoWay }) => {
    const forth = source.modelId === modelId && keys.has(source.key) ? [{ key: source.key, to: target }] : [];
    const back =
      isTwoWay && target.modelId === modelId && keys.has(target.key) ? [{ key: target.key, to: source }] : [];
    return [...forth, ...back];
  });
}

function endIn(value: unknown): LinkEnd | null {
  if (!Array.isArray(value)) return null;
  const [model, key] = value;
  // Two models told in one message are objects in no protocol that is spoken today.
  if (typeof model !== "string" || !model.startsWith("IPY_MODEL_") || typeof key !== "string" || isRecord(key))
    return null;
  return { modelId: model.slice("IPY_MODEL_".length), key };
}
