import type { AddressRefusal } from "./backend-url.ts";

/** Why a connection cannot be made. Stable: texts, tests and documents name these codes. */
export type FailureCode =
  | "insecure_hub"
  | "safari_mixed_content"
  | "permission_denied"
  | "permission_dismissed"
  | "cancelled"
  | "nothing_listening"
  | "no_answer"
  | "tls_only"
  | "tls_unreachable"
  | "not_jupyter"
  | "origin_not_listed"
  | "token_missing"
  | "token_refused"
  | "refused"
  | "pairing_refused"
  | "runtime_refused"
  | "protocol_version"
  | "socket_blocked"
  | "no_kernelspecs"
  | "kernel_start_failed"
  | AddressRefusal;

/** Things that work but could be better. */
export type Advice = "set_allow_origin" | "http_not_https" | "other_loopback_name";

export type Diagnosis =
  | {
      readonly ok: true;
      readonly baseUrl: string;
      readonly kind: "jupyter" | "companion";
      readonly auth: "header" | "query" | "none";
      /** What the server says of itself, or "" when it cannot be read. */
      readonly version: string;
      readonly advice: readonly Advice[];
    }
  | {
      readonly ok: false;
      readonly code: FailureCode;
      /** What the text names: `address`, `origin`, `hint`, … Never a token. */
      readonly facts: Readonly<Record<string, string | number>>;
      /** The kind of server is known, and only a (new) token is missing. */
      readonly needsToken: boolean;
    };
