/** Modules that the kernel's environment ships, read through the page. */
import type { Page } from "./page.ts";

/** A reader of them: the text, or null when there is none or this output may not have it. */
export function assetReader({ say, hear }: Pick<Page, "say" | "hear">): (name: string) => Promise<string | null> {
  const waiting = new Map<string, ((code: string | null) => void)[]>();
  hear((message) => {
    if (message.type !== "asset") return;
    for (const give of waiting.get(message.name) ?? []) give(message.code);
    waiting.delete(message.name);
  });
  return (name) =>
    new Promise((give) => {
      const others = waiting.get(name);
      waiting.set(name, [...(others ?? []), give]);
      if (others === undefined) say({ type: "want_asset", name });
    });
}
