/** What code in a frame asks of the kernel beside widgets. Only outputs of this person's own runs get anything. */
import type { InvokeMessage, PageMessage } from "../core/frame-messages.ts";
import { text } from "../i18n/t.ts";
import type { FrameOwner } from "./rendered.ts";

export type Asking = Pick<FrameOwner, "isOwn"> & {
  readonly environment: Pick<FrameOwner["environment"], "invoke" | "widgets">;
};

/** A function that code of the kernel registered is called. */
export async function invoked({ id, call }: InvokeMessage, { environment, isOwn }: Asking): Promise<PageMessage> {
  try {
    if (!isOwn) throw new Error(text("frames.notOwn"));
    return { type: "invoked", id, json: JSON.stringify(await environment.invoke(call)), error: null };
  } catch (error) {
    return { type: "invoked", id, json: null, error: error instanceof Error ? error.message : String(error) };
  }
}

/** A module that the kernel's environment ships. */
export async function assetFor(name: string, { environment, isOwn }: Asking): Promise<PageMessage> {
  return { type: "asset", name, code: isOwn ? await environment.widgets.readAsset(name) : null };
}
