/**
 * Buttons, as the browser has them. The kit's own are for what a browser's cannot do; these stand in every cell, and a
 * button that costs nothing to mount is what keeps scrolling smooth.
 */
import type { ButtonHTMLAttributes, ReactNode, Ref, SyntheticEvent } from "react";
import styles from "./button.module.css";
import { cx } from "./cx.ts";

export type ButtonVariant = "primary" | "secondary" | "quiet" | "danger";

type Native = Omit<
  ButtonHTMLAttributes<HTMLButtonElement>,
  "className" | "style" | "children" | "disabled" | "onClick"
>;

export interface ButtonProps extends Native {
  readonly variant?: ButtonVariant;
  readonly size?: "small" | "medium";
  readonly className?: string | undefined;
  readonly isDisabled?: boolean | undefined;
  /** Something is under way: the button keeps the focus and does nothing. */
  readonly isPending?: boolean | undefined;
  /** Pointer, Enter, Space, or a screen reader's click. */
  readonly onPress?: (() => void) | undefined;
  readonly children?: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** A button with words. One `primary` per view or dialog. */
export function Button({ variant = "secondary", size = "medium", className, ...rest }: ButtonProps) {
  return <Bare {...rest} className={cx(styles.button, styles[variant], size === "small" && styles.small, className)} />;
}

export interface IconButtonProps extends Omit<ButtonProps, "children" | "aria-label"> {
  /** Accessible name, and what the tooltip says. */
  readonly label: string;
  /** Shown behind the name in the tooltip, as `Ctrl+S`. */
  readonly shortcut?: string | undefined;
  /** The icon. */
  readonly children: ReactNode;
}

/** A button that shows an icon; its name stands in a tooltip (`tooltip.ts` finds it by its attributes). */
export function IconButton(props: IconButtonProps) {
  const { label, shortcut, variant = "quiet", size = "medium", className, ...rest } = props;
  return (
    <Bare
      {...rest}
      aria-label={label}
      data-tooltip={label}
      data-shortcut={shortcut}
      className={cx(styles.button, styles.icon, styles[variant], size === "small" && styles.small, className)}
    />
  );
}

type BareProps = Omit<ButtonProps, "variant" | "size"> & { readonly [data: `data-${string}`]: string | undefined };

function Bare({ isDisabled, isPending, onPress, onKeyDown, type = "button", ...rest }: BareProps) {
  return (
    <button
      {...rest}
      type={isPending ? "button" : type}
      disabled={isDisabled}
      aria-disabled={isPending || undefined}
      // What is around a button (a row that can be selected, a cell) does not take its press for one of its own.
      onPointerDown={stop}
      onMouseDown={stop}
      onClick={(event) => {
        event.stopPropagation();
        if (!isPending) onPress?.();
      }}
      onKeyDown={(event) => {
        onKeyDown?.(event);
        if (event.key === "Enter" || event.key === " ") event.stopPropagation();
      }}
    />
  );
}

function stop(event: SyntheticEvent): void {
  event.stopPropagation();
}
