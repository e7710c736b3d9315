import { type RefObject, useEffect, useRef } from "react";
import { Popover } from "react-aria-components/Popover";
import type { BarMenu } from "./menu-entry.ts";
import { MenuList } from "./menu-list.tsx";
import { popoverClass } from "./popover.tsx";

export interface BarPopoverProps {
  readonly menu: BarMenu;
  readonly focus: "first" | "last" | undefined;
  readonly anchor: RefObject<Element | null>;
  readonly onDismiss: () => void;
  readonly onChosen: () => void;
}

/** The open menu of a menu bar. */
export function BarPopover({ menu, focus, anchor, onDismiss, onChosen }: BarPopoverProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => list.current?.setAttribute("data-bar-menu", ""), []);
  return (
    <Popover
      className={popoverClass}
      isOpen
      isNonModal
      // Limits nothing: the window does. Without it the kit stretches the popover for a moment whenever it looks for its place: what scrolls in it is cut
      // short then, and Firefox takes that for a reason to look again, in each frame. Only a place above the button would need the stretching.
      maxHeight={Number.MAX_SAFE_INTEGER}
      onOpenChange={(isOpen) => isOpen || onDismiss()}
      triggerRef={anchor}
      placement="bottom start"
      offset={3}
      shouldCloseOnInteractOutside={(element) => !element.closest("[data-bar-item], [data-under-menu]")}
    >
      {/* As tall as the popover may be, for the list in it, too: what does not fit is scrolled to in the list. A page that scrolls closes it. */}
      <div style={{ maxHeight: "inherit" }}>
        <MenuList
          ref={list}
          label={menu.label}
          entries={menu.entries}
          autoFocus={focus ?? "first"}
          onClose={onChosen}
        />
      </div>
    </Popover>
  );
}
