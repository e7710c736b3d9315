import { CircleUserRound, LogOut, UserRoundCog, Users } from "lucide-react";
import type { Session } from "../../api/client.ts";
import { IconButton } from "../../ui/button.tsx";
import { MenuButton, type MenuEntry } from "../../ui/menu.tsx";
import { useText } from "../../ui/use-observable.ts";

export interface AccountMenuProps {
  readonly session: Session;
  readonly onGo: (path: string) => void;
  readonly onSignOut: () => Promise<void>;
}

/** Who is signed in, and the way out. */
export function AccountMenu({ session, onGo, onSignOut }: AccountMenuProps) {
  const t = useText();
  const label = t("team.accountMenu", { name: session.person.name });
  const entries: readonly MenuEntry[] = [
    {
      kind: "item",
      id: "account",
      label: t("team.account"),
      description: t("team.accountOf", { name: session.person.name, userName: session.user_name }),
      icon: <UserRoundCog size={16} />,
      onAction: () => onGo("/account"),
    },
    ...(session.is_admin
      ? [
          {
            kind: "item" as const,
            id: "people",
            label: t("team.people"),
            icon: <Users size={16} />,
            onAction: () => onGo("/people"),
          },
        ]
      : []),
    { kind: "separator", id: "s" },
    {
      kind: "item",
      id: "sign-out",
      label: t("team.signOut"),
      icon: <LogOut size={16} />,
      onAction: () => void onSignOut(),
    },
  ];
  return (
    <MenuButton label={label} entries={entries} placement="bottom end">
      <IconButton label={label}>
        <CircleUserRound size={18} aria-hidden />
      </IconButton>
    </MenuButton>
  );
}
