/** What is said at the foot of the page of a connection that came to nothing: what happened, why, and what to do. Comes with its words. */
import type { Failure } from "../core/binding.ts";
import { text } from "../i18n/t.ts";
import { toast } from "../ui/toast.tsx";
import { tell } from "../views/connect/failure.ts";

/** `onConnect` opens the dialog that shows it, too. */
export function tellTrouble(failure: Failure, origin: string, onConnect: () => void): void {
  const { title, text: words, line } = tell(failure, origin);
  const action = { label: text("runtime.connect"), onAction: onConnect };
  toast({
    text: text("connect.trouble", { title, text: [words, line ?? ""].join(" ").trim() }),
    tone: "error",
    action,
  });
}
