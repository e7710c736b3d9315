import { Check, Circle } from "lucide-react";
import { type ReactNode, useState } from "react";
import { tokensIn } from "../../core/backend-url.ts";
import type { BindingState } from "../../core/binding.ts";
import { isTextKey, looseText } from "../../i18n/t.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/checkbox.tsx";
import { CopyLine } from "../../ui/copy-line.tsx";
import { DialogContent } from "../../ui/dialog-frame.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Spinner } from "../../ui/progress.tsx";
import { Select } from "../../ui/select.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import styles from "./connect.module.css";
import { asksKernel } from "./connection-label.ts";
import { tell } from "./failure.ts";
import type { ConnectRuntime } from "./runtime.ts";

const order = ["probing", "authenticating", "connecting"] as const;

export interface ConnectProgressProps {
  readonly runtime: ConnectRuntime;
  readonly binding: BindingState;
  readonly origin: string;
  readonly onCancel: () => void;
}

/** How far connecting is, and what the person has to do for it: allow, paste a token, choose a kernel. */
export function ConnectProgress(props: ConnectProgressProps) {
  const { runtime, binding, origin, onCancel } = props;
  const t = useText();
  if (binding.phase === "unbound" || binding.phase === "ready" || binding.phase === "gone") return null;
  const name = binding.target.label;
  if (binding.phase === "interrupted" || (binding.phase === "authenticating" && binding.step === "token")) {
    return <TokenForm {...props} />;
  }
  const asksPermission = binding.phase === "probing" && binding.step === "explain_permission";
  const asksToSend = binding.phase === "probing" && binding.step === "confirm_token";
  const at = order.indexOf(binding.phase);
  const steps = [t("connect.step_probing"), t("connect.step_authenticating"), t("connect.step_connecting")];
  return (
    <DialogContent
      footer={
        <>
          <Button onPress={onCancel}>{t("shell.cancel")}</Button>
          {asksPermission ? (
            <Button variant="primary" autoFocus onPress={() => runtime.permitAsked()}>
              {t("connect.continue")}
            </Button>
          ) : null}
          {asksToSend ? <Button onPress={() => runtime.permitAsked()}>{t("connect.sendToken")}</Button> : null}
        </>
      }
    >
      <h3 className={styles.stage}>{t("connect.progressTitle", { name })}</h3>
      <ol className={styles.steps}>
        {steps.map((step, index) => (
          <li key={step} data-state={index < at ? "done" : index === at ? "now" : "later"}>
            <span aria-hidden>{markOf(index, at)}</span>
            <span>{step}</span>
          </li>
        ))}
      </ol>
      <p role="status" className={styles.muted}>
        {nowText(binding.phase, binding.step, name)}
      </p>
      {asksPermission ? (
        <Notice>
          <strong>{t("connect.permissionTitle")}</strong>
          <p>{t("connect.permissionText", { origin })}</p>
        </Notice>
      ) : null}
      {asksToSend ? (
        <Notice>
          <strong>{t("connect.sendTokenTitle", { name })}</strong>
          <p>{t("connect.sendTokenText")}</p>
          <p>{t("connect.sendTokenBetter")}</p>
          <CopyLine line={`--ServerApp.allow_origin='${origin}'`} />
        </Notice>
      ) : null}
      {asksKernel(binding) ? <KernelChooser runtime={runtime} /> : null}
    </DialogContent>
  );
}

function markOf(index: number, at: number): ReactNode {
  if (index < at) return <Check size={16} />;
  return index === at ? <Spinner size={14} /> : <Circle size={8} />;
}

function nowText(phase: string, step: string, name: string): string {
  const key = `connect.now_${phase}_${step}`;
  return isTextKey(key) ? looseText(key, { name }) : "";
}

function KernelChooser({ runtime }: { readonly runtime: ConnectRuntime }) {
  const t = useText();
  const specs = useObservable(runtime.kernelspecs);
  const [chosen, setChosen] = useState<string | null>(null);
  const name = chosen ?? specs[0]?.name ?? null;
  return (
    <>
      <Select
        label={t("connect.chooseKernel")}
        description={t("connect.chooseKernelText")}
        options={specs.map((spec) => ({ id: spec.name, label: spec.displayName }))}
        selected={name}
        onSelect={setChosen}
      />
      <div className={styles.actions}>
        <Button variant="primary" isDisabled={name === null} onPress={() => name && void runtime.newKernel(name)}>
          {t("connect.start")}
        </Button>
      </div>
    </>
  );
}

function TokenForm({ runtime, binding, origin, onCancel }: ConnectProgressProps) {
  const t = useText();
  const [token, setToken] = useState("");
  const [remember, setRemember] = useState(false);
  const [hasNone, setHasNone] = useState(false);
  const give = () => {
    setHasNone(tokensIn(token).length === 0);
    void runtime.giveToken(token, { remember });
  };
  if (binding.phase !== "authenticating" && binding.phase !== "interrupted") return null;
  const name = binding.target.label;
  const failure = binding.phase === "authenticating" ? binding.failure : null;
  const isNew = binding.phase === "interrupted";
  return (
    <DialogContent
      onSubmit={give}
      footer={
        <>
          <Button onPress={onCancel}>{t(isNew ? "runtime.disconnect" : "shell.cancel")}</Button>
          <Button variant="primary" type="submit">
            {t("runtime.connect")}
          </Button>
        </>
      }
    >
      <h3 className={styles.stage}>{t(isNew ? "connect.tokenNewTitle" : "connect.tokenTitle")}</h3>
      {hasNone ? (
        <Notice tone="danger" isLive>
          {t("connect.tokenNone")}
        </Notice>
      ) : failure && failure.code !== "token_missing" ? (
        <Notice tone="danger" isLive>
          <strong>{tell(failure, origin).title}</strong>
          <p>{tell(failure, origin).text}</p>
        </Notice>
      ) : null}
      <p>{isNew ? t("connect.tokenNewText", { name }) : t("connect.tokenText", { name })}</p>
      <TextField
        label={t("connect.tokenField")}
        value={token}
        onChange={setToken}
        isCode
        autoFocus
        autoComplete="off"
        autoCorrect="off"
      />
      <Checkbox isSelected={remember} onChange={setRemember}>
        {t("connect.remember")}
        <br />
        <span className={styles.small}>{t("connect.rememberHint")}</span>
      </Checkbox>
    </DialogContent>
  );
}
