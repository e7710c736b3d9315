import { HostedPanel, useHosted } from "./hosted-panel.tsx";
import type { HostedAccess } from "./runtime.ts";

/** The hosted runtime in *Manage sessions*. */
export function HostedSessions({ access }: { readonly access: HostedAccess }) {
  return <HostedPanel access={access} now={useHosted(access)} />;
}
