/** What is told about a connection that failed: title, text, and the line that mends it where there is one. */
import type { Failure } from "../../core/binding.ts";
import type { Advice, FailureCode } from "../../core/probe.ts";
import { looseText, type TextKey } from "../../i18n/t.ts";
import { allowLine, jupyterLine } from "./start-lines.ts";

export interface Told {
  readonly title: string;
  readonly text: string;
  /** For a terminal; null when no line helps. */
  readonly line: string | null;
  /** To be opened in a tab of its own; null when that does not help. */
  readonly page: string | null;
}

// Complete by its type: a code without words does not compile.
const texts: { readonly [Code in FailureCode]: readonly [title: TextKey, text: TextKey] } = {
  insecure_hub: ["connect.failure_insecure_hub_title", "connect.failure_insecure_hub_text"],
  safari_mixed_content: ["connect.failure_safari_mixed_content_title", "connect.failure_safari_mixed_content_text"],
  permission_denied: ["connect.failure_permission_denied_title", "connect.failure_permission_denied_text"],
  permission_dismissed: ["connect.failure_permission_dismissed_title", "connect.failure_permission_dismissed_text"],
  cancelled: ["connect.failure_cancelled_title", "connect.failure_cancelled_text"],
  nothing_listening: ["connect.failure_nothing_listening_title", "connect.failure_nothing_listening_text"],
  other_port: ["connect.failure_other_port_title", "connect.failure_other_port_text"],
  no_answer: ["connect.failure_no_answer_title", "connect.failure_no_answer_text"],
  tls_unreachable: ["connect.failure_tls_unreachable_title", "connect.failure_tls_unreachable_text"],
  not_jupyter: ["connect.failure_not_jupyter_title", "connect.failure_not_jupyter_text"],
  runtime_origin_not_listed: [
    "connect.failure_runtime_origin_not_listed_title",
    "connect.failure_runtime_origin_not_listed_text",
  ],
  origin_not_allowed: ["connect.failure_origin_not_allowed_title", "connect.failure_origin_not_allowed_text"],
  token_missing: ["connect.failure_token_missing_title", "connect.failure_token_missing_text"],
  token_refused: ["connect.failure_token_refused_title", "connect.failure_token_refused_text"],
  runtime_unproven: ["connect.failure_runtime_unproven_title", "connect.failure_runtime_unproven_text"],
  refused: ["connect.failure_refused_title", "connect.failure_refused_text"],
  pairing_refused: ["connect.failure_pairing_refused_title", "connect.failure_pairing_refused_text"],
  runtime_refused: ["connect.failure_runtime_refused_title", "connect.failure_runtime_refused_text"],
  protocol_version: ["connect.failure_protocol_version_title", "connect.failure_protocol_version_text"],
  socket_blocked: ["connect.failure_socket_blocked_title", "connect.failure_socket_blocked_text"],
  no_kernelspecs: ["connect.failure_no_kernelspecs_title", "connect.failure_no_kernelspecs_text"],
  kernel_start_failed: ["connect.failure_kernel_start_failed_title", "connect.failure_kernel_start_failed_text"],
  kernel_died_at_start: ["connect.failure_kernel_died_at_start_title", "connect.failure_kernel_died_at_start_text"],
  hosted_closed: ["connect.failure_hosted_closed_title", "connect.failure_hosted_closed_text"],
  hosted_unreachable: ["connect.failure_hosted_closed_title", "connect.failure_hosted_unreachable_text"],
  page_incomplete: ["connect.failure_page_incomplete_title", "connect.failure_page_incomplete_text"],
  address_empty: ["connect.failure_address_empty_title", "connect.failure_address_empty_text"],
  address_not_understood: [
    "connect.failure_address_not_understood_title",
    "connect.failure_address_not_understood_text",
  ],
  address_not_loopback: ["connect.failure_address_not_loopback_title", "connect.failure_address_not_loopback_text"],
  address_has_password: ["connect.failure_address_has_password_title", "connect.failure_address_has_password_text"],
  address_scheme: ["connect.failure_address_scheme_title", "connect.failure_address_scheme_text"],
  address_port: ["connect.failure_address_port_title", "connect.failure_address_port_text"],
};

/** `origin` is the hub's, for the lines that name it. */
export function tell(failure: Failure, origin: string): Told {
  const [title, text] = texts[failure.code];
  // A text may name a fact that this failure does not know; then nothing stands in its place.
  const facts = {
    address: "",
    host: "",
    hint: "",
    kernel: "",
    scheme: "",
    origin,
    ...failure.facts,
    // A port is no quantity: 8080, not 8,080.
    port: String(failure.facts["port"] ?? ""),
    localPort: String(failure.facts["localPort"] ?? ""),
    found: String(failure.facts["found"] ?? ""),
  };
  return {
    title: looseText(title, facts),
    text: looseText(text, facts).trim(),
    line: lineFor(failure, origin),
    page: failure.code === "tls_unreachable" ? `https://${facts.address}/` : null,
  };
}

function lineFor(failure: Failure, origin: string): string | null {
  const { port, ssh } = failure.facts;
  const number = typeof port === "number" ? port : 8888;
  switch (failure.code) {
    case "nothing_listening":
    case "origin_not_allowed":
    case "refused":
    case "socket_blocked":
      return jupyterLine("server", origin, number);
    case "runtime_origin_not_listed":
      return allowLine(origin);
    case "address_not_loopback":
      return typeof ssh === "string" ? ssh : null;
    case "no_kernelspecs":
    case "kernel_died_at_start":
      return "python -m pip install ipykernel";
    case "protocol_version":
      return "python -m pip install --upgrade runhere-runtime";
    default:
      return null;
  }
}

const adviceTexts: { readonly [Code in Advice]: TextKey } = {
  set_allow_origin: "connect.advice_set_allow_origin",
  https_used: "connect.advice_https_used",
  http_used: "connect.advice_http_used",
  other_loopback_name: "connect.advice_other_loopback_name",
};

export function tellAdvice(advice: Advice, origin: string): { readonly text: string; readonly line: string | null } {
  const line = advice === "set_allow_origin" ? `--ServerApp.allow_origin='${origin}'` : null;
  return { text: looseText(adviceTexts[advice], {}), line };
}
