import type { ReactNode, Ref } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components/Button";
import styles from "./button.module.css";
import { cx } from "./cx.ts";
import { Tooltip, TooltipTrigger } from "./tooltip.tsx";

export type ButtonVariant = "primary" | "secondary" | "quiet" | "danger";

export interface ButtonProps extends Omit<AriaButtonProps, "className" | "style" | "children"> {
  readonly variant?: ButtonVariant;
  readonly size?: "small" | "medium";
  readonly className?: string | undefined;
  readonly children: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** A button with words. One `primary` per view or dialog. */
export function Button({ variant = "secondary", size = "medium", className, ...rest }: ButtonProps) {
  return (
    <AriaButton {...rest} className={cx(styles.button, styles[variant], size === "small" && styles.small, className)} />
  );
}

export interface IconButtonProps extends Omit<ButtonProps, "children" | "aria-label"> {
  /** Accessible name, and what the tooltip says. */
  readonly label: string;
  /** Shown behind the name in the tooltip, as `Ctrl+S`. */
  readonly shortcut?: string | undefined;
  /** The icon. */
  readonly children: ReactNode;
}

/** A button that shows an icon; its name stands in a tooltip. */
export function IconButton({
  label,
  shortcut,
  variant = "quiet",
  size = "medium",
  className,
  ...rest
}: IconButtonProps) {
  return (
    <TooltipTrigger>
      <AriaButton
        {...rest}
        aria-label={label}
        className={cx(styles.button, styles.icon, styles[variant], size === "small" && styles.small, className)}
      />
      <Tooltip shortcut={shortcut}>{label}</Tooltip>
    </TooltipTrigger>
  );
}
