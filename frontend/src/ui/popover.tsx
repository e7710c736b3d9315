import type { ReactNode, RefObject } from "react";
import { Dialog } from "react-aria-components/Dialog";
import { Popover as AriaPopover, type PopoverProps as AriaPopoverProps } from "react-aria-components/Popover";
import styles from "./popover.module.css";

/** The class of floating surfaces, for menus and lists of choices. */
export const popoverClass = styles.popover ?? "";

export interface PopoverProps {
  readonly label: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly triggerRef: RefObject<Element | null>;
  readonly placement?: NonNullable<AriaPopoverProps["placement"]>;
  readonly children: ReactNode;
}

/** A small non-modal dialog that hangs on `triggerRef`; Escape and a click outside close it and give the focus back. */
export function Popover({ label, isOpen, onClose, triggerRef, placement = "bottom", children }: PopoverProps) {
  return (
    <AriaPopover
      className={popoverClass}
      isOpen={isOpen}
      onOpenChange={(open) => open || onClose()}
      triggerRef={triggerRef}
      placement={placement}
    >
      <Dialog aria-label={label} className={styles.content ?? ""}>
        {children}
      </Dialog>
    </AriaPopover>
  );
}
