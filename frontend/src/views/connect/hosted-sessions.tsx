import { useEffect } from "react";
import type { HostedState } from "../../core/hosted.ts";
import { HostedPanel, useHosted } from "./hosted-panel.tsx";
import type { HostedAccess } from "./runtime.ts";

export interface HostedSessionsProps {
  readonly access: HostedAccess;
  /** Called with each state that it comes into. */
  readonly onState: (state: HostedState) => void;
}

/** The hosted runtime in *Manage sessions*. */
export function HostedSessions({ access, onState }: HostedSessionsProps) {
  const now = useHosted(access);
  const state = now.status?.state ?? null;
  useEffect(() => {
    if (state !== null) onState(state);
  }, [state, onState]);
  return <HostedPanel access={access} now={now} />;
}
