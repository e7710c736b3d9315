/**
 * What scripts of Colab's notebooks find in their output: `google.colab.kernel.invokeFunction`, and the calls about an
 * output's size, which it reports by itself here.
 */
import type { Page } from "./page.ts";

export function offerColab(page: Page): void {
  const waiting = new Map<number, { give: (value: unknown) => void; fail: (error: Error) => void }>();
  let last = 0;
  page.hear((message) => {
    if (message.type !== "invoked") return;
    const one = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error === null) one?.give(JSON.parse(message.json ?? "null"));
    else one?.fail(new Error(message.error));
  });
  const invokeFunction = (name: string, args: readonly unknown[] = [], kwargs: object = {}): Promise<unknown> =>
    new Promise((give, fail) => {
      last += 1;
      waiting.set(last, { give, fail });
      page.say({ type: "invoke", id: last, call: JSON.stringify({ name: String(name), args, kwargs }) });
    });
  const nothing = (): void => undefined;
  const output = { setIframeHeight: nothing, resizeIframeToContent: nothing };
  Object.assign(globalThis, { google: { colab: { kernel: { accessAllowed: true, invokeFunction }, output } } });
}
