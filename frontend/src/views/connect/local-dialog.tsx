import { useEffect, useState } from "react";
import { parseBackendUrl, withOtherPort } from "../../core/backend-url.ts";
import type { BindingState, Failure } from "../../core/binding.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/checkbox.tsx";
import { CopyLine } from "../../ui/copy-line.tsx";
import { DialogContent, DialogFrame } from "../../ui/dialog-frame.tsx";
import { Notice } from "../../ui/notice.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { useObservable, useText } from "../../ui/use-observable.ts";
import styles from "./connect.module.css";
import { ConnectProgress } from "./connect-progress.tsx";
import { tell } from "./failure.ts";
import type { ConnectRuntime } from "./runtime.ts";
import { StartHelp } from "./start-help.tsx";
import { noteWarningRead, wasWarningRead } from "./warning.ts";

export interface LocalDialogProps {
  readonly runtime: ConnectRuntime;
  readonly origin: string;
  readonly onClose: () => void;
}

/**
 * **Local connection settings**: where the runtime is, what it may do, how to start one, how far connecting is, and why
 * it failed. A failure brings the form back with what was typed.
 */
export function LocalDialog(props: LocalDialogProps) {
  const t = useText();
  const { runtime } = props;
  const bound = useObservable(runtime.binding);
  const trial = useObservable(runtime.trial);
  const isTrial = trial.phase !== "unbound" || trial.failure !== null;
  const binding = isTrial ? trial : bound;
  // Elsewhere nothing is seen of it.
  useEffect(() => () => runtime.callOff(), [runtime]);
  // A lost token is asked for here, too; anything else that is bound already is being replaced by what is typed.
  const isUnderWay = isAttempt(binding) || (binding.phase === "interrupted" && binding.reason === "token_refused");
  // What was typed is still there when an attempt failed; before that, where the runtime was last.
  const [input, setInput] = useState(runtime.lastAddress ?? "");
  return (
    <DialogFrame title={t("connect.dialogTitle")} isOpen onClose={props.onClose} size="wide">
      {isUnderWay ? (
        <ConnectProgress
          {...props}
          binding={binding}
          onCancel={() => (isTrial ? runtime.callOff() : runtime.disconnect())}
        />
      ) : (
        <AddressForm {...props} binding={binding} bound={bound} input={input} onInput={setInput} />
      )}
    </DialogFrame>
  );
}

interface AddressFormProps extends LocalDialogProps {
  readonly binding: BindingState;
  readonly bound: BindingState;
  readonly input: string;
  readonly onInput: (input: string) => void;
}

function AddressForm({ runtime, origin, onClose, binding, bound, input, onInput }: AddressFormProps) {
  const t = useText();
  const [remember, setRemember] = useState(false);
  const [isWarned] = useState(wasWarningRead);
  const [tried, setTried] = useState<string | null>(null);
  const connectTo = (address: string) => {
    noteWarningRead();
    setTried(address);
    void runtime.connect(address, { remember });
  };
  // A runtime that is bound stays bound, and says nothing of what was pasted.
  const refusal = tried === null ? null : refusalOf(tried);
  const failure = refusal ?? (binding.phase === "unbound" ? binding.failure : null);
  const otherPort = failure === null ? null : otherPortOf(failure);
  return (
    <DialogContent
      onSubmit={() => connectTo(input)}
      footer={
        <>
          <Button onPress={onClose}>{t("shell.cancel")}</Button>
          <Button variant="primary" type="submit">
            {t("runtime.connect")}
          </Button>
        </>
      }
    >
      <p className={styles.muted}>{t("connect.intro")}</p>
      {failure ? <FailureNotice failure={failure} origin={origin} /> : null}
      {failure && bound.phase === "ready" ? <p>{t("connect.stillConnected", { name: bound.target.label })}</p> : null}
      {otherPort !== null ? (
        <Button
          onPress={() => {
            const mended = withOtherPort(input, otherPort.asked, otherPort.found);
            onInput(mended);
            connectTo(mended);
          }}
        >
          {t("connect.useOtherPort", { found: String(otherPort.found) })}
        </Button>
      ) : null}
      <TextField
        label={t("connect.backendUrl")}
        description={t("connect.backendHint")}
        placeholder={t("connect.backendPlaceholder")}
        value={input}
        onChange={onInput}
        isCode
        autoFocus
        // What is pasted takes the place of the address that was tried or used last.
        onFocus={({ target }) => target instanceof HTMLInputElement && target.select()}
        autoComplete="off"
        autoCorrect="off"
        inputMode="url"
      />
      <Checkbox isSelected={remember} onChange={setRemember}>
        {t("connect.remember")}
        <br />
        <span className={styles.small}>{t("connect.rememberHint")}</span>
      </Checkbox>
      {isWarned ? <p className={styles.small}>{t("connect.warningShort")}</p> : <Warning />}
      <StartHelp origin={origin} isOpenAtFirst={!isWarned && failure === null} />
    </DialogContent>
  );
}

function refusalOf(typed: string): Failure | null {
  const address = parseBackendUrl(typed);
  return address.ok ? null : { ...address, needsToken: false };
}

/** Where a runtime answers instead, if the failure says so. */
function otherPortOf({ code, facts }: Failure): { readonly asked: number; readonly found: number } | null {
  const { port, found } = facts;
  return code === "other_port" && typeof port === "number" && typeof found === "number" ? { asked: port, found } : null;
}

function isAttempt(binding: BindingState): boolean {
  return binding.phase === "probing" || binding.phase === "authenticating" || binding.phase === "connecting";
}

/** The three consequences, before the first connection of any kind. */
export function Warning() {
  const t = useText();
  return (
    <Notice tone="warning">
      <strong>{t("connect.warningTitle")}</strong>
      <p>{t("connect.warningIntro")}</p>
      <ul className={styles.list}>
        <li>{t("connect.warningFiles")}</li>
        <li>{t("connect.warningCommands")}</li>
        <li>{t("connect.warningNetwork")}</li>
      </ul>
      <p className={styles.small}>{t("connect.warningAccept")}</p>
    </Notice>
  );
}

export function FailureNotice({ failure, origin }: { readonly failure: Failure; readonly origin: string }) {
  const told = tell(failure, origin);
  return (
    <Notice tone={failure.code === "cancelled" ? "info" : "danger"} isLive>
      <strong>{told.title}</strong>
      <p>{told.text}</p>
      {told.line ? <CopyLine line={told.line} /> : null}
      {told.page ? (
        <a href={told.page} target="_blank" rel="noopener noreferrer">
          {told.page}
        </a>
      ) : null}
    </Notice>
  );
}
