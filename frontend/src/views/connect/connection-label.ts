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

/** A page that goes on after a reload asks anew, and no dialog is open then: the browser will ask, or the token is to be sent. */
export function asksToGoOn(binding: BindingState): boolean {
  return binding.phase === "probing" && (binding.step === "explain_permission" || binding.step === "confirm_token");
}

/** The name of the button in every state. */
export function labelOf(binding: BindingState, t: typeof text): string {
  if (binding.phase === "unbound") return t("runtime.connect");
  return t(`runtime.${LABELS[statedOf(binding)]}`, { name: binding.target.label });
}

/** What there is room for on a phone: a part of the whole name, so that who speaks it to the device is understood. */
export function briefLabelOf(binding: BindingState, t: typeof text): string {
  return t(binding.phase === "unbound" ? "runtime.connect" : `runtime.${statedOf(binding)}Brief`);
}

const LABELS = {
  connecting: "connectingTo",
  connected: "connectedTo",
  lost: "lostTo",
  ended: "endedAt",
  token: "needsToken",
  kernel: "choosesKernel",
  asked: "waitsForYou",
} as const;

function statedOf(binding: Exclude<BindingState, { phase: "unbound" }>): keyof typeof LABELS {
  switch (binding.phase) {
    case "probing":
      return asksToGoOn(binding) ? "asked" : "connecting";
    case "authenticating":
      return binding.step === "token" ? "token" : "connecting";
    case "connecting":
      return asksKernel(binding) ? "kernel" : "connecting";
    case "ready":
      return "connected";
    case "interrupted":
      return wantsToken(binding) ? "token" : "lost";
    case "gone":
      return "ended";
  }
}
