import type { BindingState } from "../../core/binding.ts";
import { Value } from "../../core/observable.ts";
import type { Advice } from "../../core/probe.ts";
import { isTextKey, looseText, type text } from "../../i18n/t.ts";
import { Button } from "../../ui/button.tsx";
import { CopyLine } from "../../ui/copy-line.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Select } from "../../ui/select.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import { BareEnvironments } from "./bare-environments.tsx";
import styles from "./connect.module.css";
import { labelOf } from "./connection-label.ts";
import { tellAdvice } from "./failure.ts";
import type { ConnectRuntime } from "./runtime.ts";

export interface DetailsDialogProps {
  readonly runtime: ConnectRuntime;
  readonly origin: string;
  /** Another kernel was picked, or (null) a fresh one, while the present one may still run. */
  readonly onKernel: (kernelspec: string | null) => void;
  readonly onSessions: () => void;
  readonly onOther: () => void;
  readonly onClose: () => void;
}

/** What this notebook is bound to, and every way out when that does not work any more. */
export function DetailsDialog({ runtime, origin, onKernel, onSessions, onOther, onClose }: DetailsDialogProps) {
  const t = useText();
  const binding = useObservable(runtime.binding);
  const kernel = useObservable(runtime.kernel);
  const specs = useObservable(runtime.kernelspecs);
  const advice = useObservable(runtime.advice ?? noAdvice);
  const attachment =
    binding.phase === "ready" || binding.phase === "interrupted" || binding.phase === "gone"
      ? binding.attachment
      : null;
  if (attachment === null || binding.phase === "unbound") {
    return (
      <Dialog title={t("connect.details")} isOpen onClose={onClose}>
        <p>{labelOf(binding, t)}</p>
      </Dialog>
    );
  }
  const { folder } = attachment;
  return (
    <Dialog
      title={labelOf(binding, t)}
      isOpen
      onClose={onClose}
      size="wide"
      footer={
        <>
          <Button
            variant="quiet"
            onPress={() => {
              runtime.disconnect();
              onClose();
            }}
          >
            {t("runtime.disconnect")}
          </Button>
          <Button onPress={onSessions}>{t("runtime.manageSessions")}</Button>
          <Button onPress={onOther}>{t("runtime.localRuntime")}</Button>
        </>
      }
    >
      <Trouble binding={binding} t={t} />
      {advice.map((one) => (
        <AdviceNotice key={one} advice={one} origin={origin} />
      ))}
      <dl className={styles.facts}>
        <dt>{t("connect.address")}</dt>
        <dd>{binding.target.baseUrl}</dd>
        <dt>{t("connect.startedIn")}</dt>
        <dd>{folder.place === "root" ? t("connect.startedInRoot") : folder.path === "" ? "/" : folder.path}</dd>
        <dt>{t("connect.status")}</dt>
        <dd>{t(`connect.status_${kernel.status}`)}</dd>
      </dl>
      {binding.phase === "ready" ? (
        <Select
          label={t("connect.kernel")}
          options={kernelOptions(specs, attachment.kernelspec, attachment.displayName)}
          selected={attachment.kernelspec}
          onSelect={onKernel}
        />
      ) : null}
      {binding.phase === "ready" ? <BareEnvironments runtime={runtime} /> : null}
      {binding.phase === "interrupted" ? (
        <div className={styles.actions}>
          <Button variant="primary" onPress={() => runtime.reconnectNow()}>
            {t("connect.reconnectNow")}
          </Button>
          <Button onPress={() => onKernel(null)}>{t("connect.startNewKernel")}</Button>
        </div>
      ) : null}
      {binding.phase === "gone" ? (
        <div className={styles.actions}>
          <Button
            variant="primary"
            onPress={() => {
              void runtime.newKernel();
              onClose();
            }}
          >
            {t("connect.startNewKernel")}
          </Button>
        </div>
      ) : null}
    </Dialog>
  );
}

const noAdvice = new Value<readonly Advice[]>([]);

function AdviceNotice({ advice, origin }: { readonly advice: Advice; readonly origin: string }) {
  const { text: words, line } = tellAdvice(advice, origin);
  return (
    <Notice>
      <p>{words}</p>
      {line ? <CopyLine line={line} /> : null}
    </Notice>
  );
}

function kernelOptions(specs: readonly { name: string; displayName: string }[], name: string, displayName: string) {
  const options = specs.map((spec) => ({ id: spec.name, label: spec.displayName }));
  return options.some((option) => option.id === name) ? options : [{ id: name, label: displayName }, ...options];
}

function Trouble({ binding, t }: { readonly binding: BindingState; readonly t: typeof text }) {
  if (binding.phase !== "interrupted" && binding.phase !== "gone") return null;
  const key = `connect.binding_${binding.phase}_${binding.reason}`;
  return (
    <Notice tone={binding.phase === "gone" ? "danger" : "warning"} isLive>
      {isTextKey(key) ? looseText(key, {}) : t("connect.failed")}
    </Notice>
  );
}
