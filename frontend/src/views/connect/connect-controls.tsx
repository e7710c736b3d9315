import { ChevronDown } from "lucide-react";
import { useEffect, useState } from "react";
import type { BindingState } from "../../core/binding.ts";
import { LASTING_MS } from "../../core/shown-run.ts";
import { type text, withWords } from "../../i18n/t.ts";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/cx.ts";
import { latePart } from "../../ui/late-part.ts";
import { MenuButton, type MenuEntry } from "../../ui/menu.tsx";
import { Spinner } from "../../ui/progress.tsx";
import { useObservable, useSelected, useText } from "../../ui/use-observable.ts";
import styles from "./connect.module.css";
import type { ConnectControlsProps } from "./connect-props.ts";
import { asksKernel, asksToGoOn, briefLabelOf, labelOf, wantsToken } from "./connection-label.ts";
import type { ConnectRuntime, KernelChoice, KernelNow } from "./runtime.ts";

const connectDialogs = latePart(
  () => withWords(import("./connect-dialogs.tsx"), "connect"),
  (module) => module.ConnectDialogs,
  { callOff: ({ desk }) => desk.callOff() },
);

/** The button **Connect** with its options, and the dialogs behind them. */
export function ConnectControls(props: ConnectControlsProps) {
  const { runtime, desk } = props;
  const t = useText();
  const binding = useObservable(runtime.binding);
  // Not the kernel's state: it changes twice with each run, and only the dot shows it.
  const present = useSelected(runtime.kernel, ({ name }) => name);
  const specs = useObservable(runtime.kernelspecs);
  const open = useObservable(desk.open);
  const isWorking = ["probing", "authenticating", "connecting"].includes(binding.phase);
  const isWaiting =
    (binding.phase === "authenticating" && binding.step === "token") || asksKernel(binding) || asksToGoOn(binding);
  return (
    <div className={styles.controls}>
      <Button
        className={styles.main}
        variant={binding.phase === "unbound" ? "primary" : "secondary"}
        onPress={() => desk.show(dialogFor(binding, desk, isWorking))}
      >
        {isWorking && !isWaiting ? (
          <Spinner size={12} />
        ) : binding.phase === "unbound" ? null : (
          <KernelDot binding={binding} runtime={runtime} />
        )}
        <span className={styles.words}>{labelOf(binding, t)}</span>
        <span className={styles.brief} aria-hidden>
          {briefLabelOf(binding, t)}
        </span>
      </Button>
      <MenuButton
        label={t("runtime.options")}
        entries={optionsOf(props, binding, { specs, present }, t)}
        placement="bottom end"
      >
        <Button
          variant={binding.phase === "unbound" ? "primary" : "secondary"}
          className={cx(styles.more)}
          aria-label={t("runtime.options")}
        >
          <ChevronDown size={16} aria-hidden />
        </Button>
      </MenuButton>
      {open ? <connectDialogs.Part {...props} open={open} /> : null}
    </div>
  );
}

/** How the kernel does. Work is shown once it lasts: most runs are over before anybody could see it. */
function KernelDot({ binding, runtime }: { readonly binding: BindingState; readonly runtime: ConnectRuntime }) {
  const tone = useSelected(runtime.kernel, (kernel) => toneOf(binding, kernel));
  const [lasting, setLasting] = useState(tone);
  useEffect(() => {
    const timer = setTimeout(() => setLasting(tone), tone === "busy" ? LASTING_MS : 0);
    return () => clearTimeout(timer);
  }, [tone]);
  return <span className={styles.dot} data-tone={tone === "busy" ? lasting : tone} aria-hidden />;
}

function dialogFor(binding: BindingState, desk: ConnectControlsProps["desk"], isWorking: boolean) {
  if (binding.phase === "unbound") return desk.first;
  // Whether it still runs is said there, and it is started there.
  if (binding.phase === "gone" && binding.target.kind === "hosted" && desk.hosted !== null) return "hosted";
  return isWorking || wantsToken(binding) ? "local" : "details";
}

function toneOf(binding: BindingState, kernel: KernelNow): "ok" | "busy" | "warning" | "danger" {
  if (binding.phase === "gone") return "danger";
  if (binding.phase !== "ready") return "warning";
  return kernel.status === "busy" || kernel.status === "starting" || kernel.status === "restarting" ? "busy" : "ok";
}

function optionsOf(
  { runtime, desk }: ConnectControlsProps,
  binding: BindingState,
  { specs, present }: { readonly specs: readonly KernelChoice[]; readonly present: string | null },
  t: typeof text,
): readonly MenuEntry[] {
  const kernels: readonly MenuEntry[] =
    binding.phase === "ready"
      ? [
          {
            kind: "submenu",
            id: "kernels",
            label: t("runtime.changeKernel"),
            entries: [
              ...specs.map(
                (spec): MenuEntry => ({
                  kind: "item",
                  id: spec.name,
                  label: spec.displayName,
                  isChecked: spec.name === present,
                  onAction: () => desk.pickKernel(spec.name),
                }),
              ),
              { kind: "separator", id: "more" },
              {
                kind: "item",
                id: "environments",
                label: t("runtime.moreKernels"),
                onAction: () => desk.show("details"),
              },
            ],
          },
        ]
      : [];
  return [
    { kind: "item", id: "local", label: t("runtime.localRuntime"), onAction: () => desk.show("local") },
    {
      kind: "item",
      id: "hosted",
      label: t("runtime.hostedRuntime"),
      description: desk.hosted === null ? t("runtime.noHosted") : undefined,
      onAction: () => desk.show("hosted"),
    },
    { kind: "separator", id: "s1" },
    ...kernels,
    { kind: "item", id: "sessions", label: t("runtime.manageSessions"), onAction: () => desk.show("sessions") },
    {
      kind: "item",
      id: "disconnect",
      label: t("runtime.disconnect"),
      isDisabled: binding.phase === "unbound",
      onAction: () => runtime.disconnect(),
    },
  ];
}
