/** Resources of one open notebook: followed once, for the header's meter, the panel and the warning. Loaded when a runtime is bound. */

import { useEffect } from "react";
import { kernelIdOf } from "../core/binding.ts";
import { isMemoryLow, type Snapshot } from "../core/resources.ts";
import { formatBytes, text } from "../i18n/t.ts";
import { ResourceWatch } from "../kernel/resource-watch.ts";
import { onWake } from "../sync/back-off.ts";
import { systemClock } from "../sync/clock.ts";
import { toast } from "../ui/toast.tsx";
import { ResourceMeter } from "../views/resources/meter.tsx";
import type { PanelServices } from "./panel-services.ts";

export interface ResourceSight {
  readonly resources: ResourceWatch["state"];
  readonly watch: () => () => void;
  /** Of this notebook; null while none is attached. */
  readonly kernelId: () => string | null;
  /** Kernel id → path of what uses it. */
  readonly names: () => Promise<ReadonlyMap<string, string>>;
}

const sights = new WeakMap<PanelServices, ResourceSight>();

/** The one of this notebook. */
export function resourcesOf(services: PanelServices): ResourceSight {
  const known = sights.get(services);
  if (known) return known;
  const made = sightOf(services);
  sights.set(services, made);
  return made;
}

function sightOf({ server, port, binding, sessionId }: PanelServices): ResourceSight {
  const kernelId = () => kernelIdOf(binding.get());
  const isCompanion = () => {
    const now = binding.get();
    return "target" in now && now.target.kind === "companion";
  };
  const watch = new ResourceWatch({ server, port, kernelId, isCompanion, sessionId, clock: systemClock, onWake });
  return {
    resources: watch.state,
    watch: () => watch.watch(),
    kernelId,
    names: async () => {
      const sessions = (await server.get()?.sessions()) ?? [];
      return new Map(sessions.map(({ kernel, path }) => [kernel.id, path]));
    },
  };
}

/** The small meter, and the warning that comes with it. */
export function HeaderMeter({ services, onPress }: { readonly services: PanelServices; readonly onPress: () => void }) {
  const sight = resourcesOf(services);
  useEffect(() => warnOfMemory(sight), [sight]);
  return <ResourceMeter resources={sight.resources} watch={sight.watch} onPress={onPress} />;
}

/** Once each time that memory runs low; the message goes when it has eased. */
function warnOfMemory({ resources, kernelId }: ResourceSight): () => void {
  let dismiss: (() => void) | null = null;
  const look = () => {
    const now = resources.get().history.at(-1);
    const isLow = now !== undefined && now.memory !== null && isMemoryLow(now.memory, dismiss !== null);
    if (isLow && dismiss === null) dismiss = toast({ text: warning(now, kernelId()), tone: "error" });
    if (!isLow && dismiss !== null) {
      dismiss();
      dismiss = null;
    }
  };
  look();
  const end = resources.subscribe(look);
  return () => {
    end();
    dismiss?.();
  };
}

function warning({ memory, kernels }: Snapshot, kernelId: string | null): string {
  const left = formatBytes(memory?.availableBytes ?? 0);
  const mine = kernels.find((kernel) => kernel.kernelId === kernelId);
  return mine === undefined
    ? text("resources.warningOthers", { left })
    : text("resources.warning", { left, mine: formatBytes(mine.memoryBytes) });
}
