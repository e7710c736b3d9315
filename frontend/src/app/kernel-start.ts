/** Which kernel a notebook gets on a server: the one that it had, or a new one in the notebook's folder. */
import type { ConnectingStep, KernelAttachment } from "../core/binding.ts";
import { OWN_MARK } from "../core/session-name.ts";
import { findFolder, type NotebookPlace } from "../kernel/folder.ts";
import type { Locks } from "../kernel/leader.ts";
import type { JupyterServer, Kernelspec } from "../kernel/server.ts";
import type { RuntimeMemory } from "./runtime-memory.ts";
import type { RunningKernel } from "./runtime-types.ts";

export interface FoundKernel {
  readonly kernel: KernelAttachment;
  /** Who its process said it was; null when unknown. */
  readonly process: string | null;
}

/**
 * The kernel that this notebook had on this server, if it still runs and no other kind is wanted; `gone` when it runs no more.
 *
 * @throws RuntimeError
 */
export async function rememberedKernel(
  server: JupyterServer,
  memory: RuntimeMemory,
  { baseUrl, wanted }: { readonly baseUrl: string; readonly wanted: string | undefined },
): Promise<FoundKernel | "gone" | null> {
  const { runtime } = memory;
  if (runtime?.kernel == null || runtime.baseUrl !== baseUrl) return null;
  if (wanted !== undefined && wanted !== runtime.kernel.kernelspec) return null;
  if ((await server.kernel(runtime.kernel.kernelId)) === null) return "gone";
  const { process, ...kernel } = runtime.kernel;
  return { kernel, process };
}

/** The kernel that a notebook's metadata name. */
export interface WantedKernel {
  readonly name: string;
  /** Lower case; null when the file does not say. */
  readonly language: string | null;
}

export interface KernelWishes {
  /** Picked just now. */
  readonly picked: string | undefined;
  /** What the notebook ran on in this browser. */
  readonly remembered: string | null;
  readonly wanted: WantedKernel | null;
  readonly defaultName: string;
}

/** `isOther`: not the one that the notebook names, but one of the same language. `ask`: code of one language never runs in another unasked. */
export type KernelChoice =
  | { readonly type: "take"; readonly spec: Kernelspec; readonly isOther: boolean }
  | { readonly type: "ask" };

/** What was picked, else what it ran on, else what the notebook names, else one of its language; a notebook that names none gets the default. */
export function chooseKernelspec(
  specs: readonly Kernelspec[],
  { picked, remembered, wanted, defaultName }: KernelWishes,
): KernelChoice {
  const named = (name: string | null | undefined) => specs.find((spec) => spec.name === name);
  const known = named(picked) ?? named(remembered) ?? named(wanted?.name);
  if (known !== undefined) return { type: "take", spec: known, isOther: false };
  const fallback = named(defaultName) ?? specs[0];
  if (fallback === undefined) return { type: "ask" };
  if (wanted === null) return { type: "take", spec: fallback, isOther: false };
  const language = wanted.language ?? (/^python/i.test(wanted.name) ? "python" : null);
  const same = [fallback, ...specs].find((spec) => spec.language === language);
  return same === undefined ? { type: "ask" } : { type: "take", spec: same, isOther: true };
}

export interface StartWish {
  readonly server: JupyterServer;
  readonly specs: readonly Kernelspec[];
  readonly kernelspec: string;
  readonly place: NotebookPlace | null;
  /** The folder of this server in which the notebook is at home; null: it has to be looked for. */
  readonly home: string | null;
  /** Who asks for the path that he asked for before gets the same kernel. */
  readonly owner: string;
  /** Null where the browser has none: its tabs then do not wait for each other. */
  readonly locks: Locks | null;
  readonly signal: AbortSignal;
  readonly onStep: (step: ConnectingStep) => void;
}

/** @throws RuntimeError: no kernel was started. */
export async function startKernel({
  server,
  specs,
  kernelspec,
  place,
  home,
  owner,
  locks,
  signal,
  onStep,
}: StartWish): Promise<KernelAttachment> {
  onStep("folder");
  const folder = home === null ? await findFolder(server, place) : { path: home, place: "notebook" as const };
  onStep("session");
  const fileName = place?.fileName ?? "notebook.ipynb";
  // A path of its own: another client that opens the same file gets another kernel, and cannot empty our buffer.
  const own = `${fileName.replace(/\.ipynb$/, "")}${OWN_MARK}${owner.slice(0, 8)}.ipynb`;
  const path = folder.path === "" ? own : `${folder.path}/${own}`;
  const start = () => server.startSession({ path, name: fileName, kernelspec });
  // A server that is asked twice at once for one path starts two kernels.
  const turn = { locks, name: `runhere-start:${server.transport.baseUrl}${path}`, signal };
  const { kernel } = await inTurn(start, turn);
  const displayName = specs.find(({ name }) => name === kernel.name)?.displayName ?? kernel.name;
  return { kernelId: kernel.id, kernelspec: kernel.name, displayName, folder };
}

interface Turn {
  readonly locks: Locks | null;
  readonly name: string;
  /** Ends the waiting for one's turn. */
  readonly signal: AbortSignal;
}

/** One tab of the browser after the other. */
async function inTurn<T>(work: () => Promise<T>, { locks, name, signal }: Turn): Promise<T> {
  if (locks === null) return await work();
  return await new Promise((give, fail) => {
    locks.request(name, { signal }, () => work().then(give, fail)).catch(fail);
  });
}

/**
 * Every kernel that runs on the server.
 *
 * @throws RuntimeError
 */
export async function runningKernels(server: JupyterServer, mine: string | null): Promise<readonly RunningKernel[]> {
  const sessions = await server.sessions();
  return sessions.map(({ id, path, kernel }) => ({
    sessionId: id,
    kernelId: kernel.id,
    path,
    kernelspec: kernel.name,
    status: kernel.executionState,
    lastActivity: kernel.lastActivity,
    isMine: kernel.id === mine,
  }));
}
