/**
 * Menus as the rest of the page uses them. What draws an open menu is large and is loaded when a pointer or the focus
 * comes near one; until then there is only the button.
 */
import { cloneElement, type ReactElement, useRef, useState } from "react";
import type { ButtonProps } from "./button.tsx";
import { closable, latePart } from "./late-part.ts";
import type { FloatingMenuProps, MenuEntry, MenuPlacement } from "./menu-entry.ts";

export type { FloatingMenuProps, MenuEntry, MenuPlacement } from "./menu-entry.ts";

const popover = latePart(
  () => import("./menu-list.tsx"),
  (module) => module.MenuPopover,
  closable,
);

/** Have menus ready; called when one is likely to be opened. */
export function warmMenus(): void {
  void popover.fetch().catch(() => {});
}

/** A menu that hangs on an element: context menus. The caller holds whether it is open. */
export function FloatingMenu(props: FloatingMenuProps) {
  return props.isOpen ? <popover.Part {...props} /> : null;
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
    onPointerEnter: warmMenus,
    onFocus: warmMenus,
    onKeyDown: (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      event.stopPropagation();
      set(event.key === "ArrowDown" ? "first" : "last");
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
