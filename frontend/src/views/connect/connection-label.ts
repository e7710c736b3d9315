import type { BindingState } from "../../core/binding.ts";
import type { text } from "../../i18n/t.ts";

/** The server was started again: the binding stays, and a person has to bring its new token. */
export function wantsToken(binding: BindingState): boolean {
  return binding.phase === "interrupted" && binding.reason === "token_refused";
}

/** The server has no kernel of the notebook's language under any name: a person chooses. */
export function asksKernel(binding: BindingState): boolean {
  return binding.phase === "connecting" && binding.step === "kernelspec_choice";
}

/** The name of the button in every state. */
export function labelOf(binding: BindingState, t: typeof text): string {
  if (binding.phase === "unbound") return t("runtime.connect");
  const name = binding.target.label;
  switch (binding.phase) {
    case "connecting":
      return t(asksKernel(binding) ? "runtime.choosesKernel" : "runtime.connectingTo", { name });
    case "probing":
      return t("runtime.connectingTo", { name });
    case "authenticating":
      return binding.step === "token" ? t("runtime.needsToken", { name }) : t("runtime.connectingTo", { name });
    case "ready":
      return t("runtime.connectedTo", { name });
    case "interrupted":
      return wantsToken(binding) ? t("runtime.needsToken", { name }) : t("runtime.lostTo", { name });
    case "gone":
      return t("runtime.endedAt", { name });
  }
}
