import { EllipsisVertical } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { MenuButton, type MenuEntry } from "../../ui/menu.tsx";

/** The three dots at the end of a row. */
export function RowMenuButton({ label, entries }: { readonly label: string; readonly entries: readonly MenuEntry[] }) {
  if (entries.length === 0) return <span />;
  return (
    <MenuButton label={label} entries={entries} placement="bottom end">
      <Button variant="quiet" size="small" aria-label={label}>
        <EllipsisVertical size={16} aria-hidden />
      </Button>
    </MenuButton>
  );
}
