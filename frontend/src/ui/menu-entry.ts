/** Menus as data. */
import type { ReactNode, RefObject } from "react";

/** One line of a menu as data, so that one table of commands can feed menus, palette and help. */
export type MenuEntry =
  | {
      readonly kind: "item";
      readonly id: string;
      readonly label: string;
      /** A second, quieter line; not a part of the item's name. */
      readonly description?: string | undefined;
      /** Keys as shown, `Ctrl+Enter`. */
      readonly shortcut?: string | undefined;
      readonly icon?: ReactNode;
      readonly isDisabled?: boolean | undefined;
      /** Present: the item is a check box (or a radio, as the label says). */
      readonly isChecked?: boolean | undefined;
      readonly tone?: "danger" | undefined;
      readonly onAction: () => void;
    }
  | { readonly kind: "separator"; readonly id: string }
  | { readonly kind: "section"; readonly id: string; readonly label: string; readonly entries: readonly MenuEntry[] }
  | { readonly kind: "submenu"; readonly id: string; readonly label: string; readonly entries: readonly MenuEntry[] };

export type MenuPlacement = "bottom start" | "bottom end" | "right top";

export interface FloatingMenuProps {
  readonly label: string;
  readonly entries: readonly MenuEntry[];
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly triggerRef: RefObject<Element | null>;
  readonly placement?: MenuPlacement;
  readonly focus?: "first" | "last";
}

export interface BarMenu {
  readonly id: string;
  readonly label: string;
  readonly entries: readonly MenuEntry[];
}
