import { type ReactNode, type Ref, useRef } from "react";
import { FieldError } from "react-aria-components/FieldError";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import { TextField as AriaTextField, type TextFieldProps as AriaTextFieldProps } from "react-aria-components/TextField";
import { cx } from "./cx.ts";
import styles from "./fields.module.css";
import { useValuesFromScripts } from "./use-values-from-scripts.ts";

export interface TextFieldProps extends Omit<AriaTextFieldProps, "className" | "style" | "children"> {
  readonly label: string;
  /** The label is only for screen readers (a search field with an icon). */
  readonly isLabelHidden?: boolean;
  readonly description?: ReactNode;
  /** Present: the field is invalid for this reason. */
  readonly error?: string | null | undefined;
  readonly placeholder?: string;
  readonly icon?: ReactNode;
  /** For addresses and code. */
  readonly isCode?: boolean;
  readonly inputRef?: Ref<HTMLInputElement>;
}

export function TextField(props: TextFieldProps) {
  const { label, isLabelHidden, description, error, placeholder, icon, isCode, inputRef, ...rest } = props;
  const own = useRef<HTMLInputElement>(null);
  useValuesFromScripts(own, rest.onChange);
  const input = (
    <Input
      className={cx(styles.input, isCode && styles.mono)}
      {...(placeholder === undefined ? {} : { placeholder })}
      ref={(element) => {
        own.current = element;
        if (typeof inputRef === "function") inputRef(element);
        else if (inputRef) inputRef.current = element;
      }}
      spellCheck={false}
    />
  );
  return (
    <AriaTextField {...rest} isInvalid={Boolean(error)} className={styles.field ?? ""}>
      <Label className={isLabelHidden ? (styles.hiddenLabel ?? "") : (styles.label ?? "")}>{label}</Label>
      {icon ? (
        <span className={styles.withIcon}>
          {input}
          {icon}
        </span>
      ) : (
        input
      )}
      {description ? (
        <Text slot="description" className={styles.description ?? ""}>
          {description}
        </Text>
      ) : null}
      <FieldError className={styles.error ?? ""}>{error}</FieldError>
    </AriaTextField>
  );
}
