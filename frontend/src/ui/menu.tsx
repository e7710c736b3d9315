/**
 * Menus as the rest of the page uses them. What draws an open menu is large and is loaded when a pointer or the focus
 * comes near one; until then there is only the button.
 */
import {
  cloneElement,
  lazy,
  type ReactElement,
  type ReactNode,
  type RefObject,
  Suspense,
  useRef,
  useState,
} from "react";
import type { ButtonProps } from "./button.tsx";

/** One line of a menu as data, so that one table of commands can feed menus, palette and help. */
export type MenuEntry =
  | {
      readonly kind: "item";
      readonly id: string;
      readonly label: string;
      /** A second, quieter line. */
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

const loadMenuList = () => import("./menu-list.tsx");
const LazyPopover = lazy(async () => ({ default: (await loadMenuList()).MenuPopover }));

/** Have menus ready; called when one is likely to be opened. */
export function warmMenus(): void {
  void loadMenuList().catch(() => {});
}

/** A menu that hangs on an element: context menus. The caller holds whether it is open. */
export function FloatingMenu(props: FloatingMenuProps) {
  if (!props.isOpen) return null;
  return (
    <Suspense>
      <LazyPopover {...props} />
    </Suspense>
  );
}

export interface MenuButtonProps {
  readonly label: string;
  readonly entries: readonly MenuEntry[];
  readonly placement?: MenuPlacement;
  readonly onOpenChange?: (isOpen: boolean) => void;
  /** `Button` or `IconButton`. */
  readonly children: ReactElement<Partial<ButtonProps>>;
}

/** A button that opens a menu: by click, Enter, Space, or with the arrows Down and Up. */
export function MenuButton({ label, entries, placement, onOpenChange, children }: MenuButtonProps) {
  const [focus, setFocus] = useState<"first" | "last" | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const set = (next: "first" | "last" | null) => {
    setFocus(next);
    onOpenChange?.(next !== null);
  };
  const trigger = cloneElement(children, {
    ref: button,
    "aria-haspopup": "menu",
    "aria-expanded": focus !== null,
    onPress: () => set(focus === null ? "first" : null),
    onHoverStart: warmMenus,
    onFocus: warmMenus,
    onKeyDown: (event) => {
      if (event.key === "ArrowDown") set("first");
      else if (event.key === "ArrowUp") set("last");
      else event.continuePropagation();
    },
  });
  return (
    <>
      {trigger}
      <FloatingMenu
        label={label}
        entries={entries}
        isOpen={focus !== null}
        onClose={() => set(null)}
        triggerRef={button}
        {...(focus === null ? {} : { focus })}
        {...(placement ? { placement } : {})}
      />
    </>
  );
}
