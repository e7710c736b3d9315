import { Link2, UserRoundPlus, X } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import type { HubClient, Role, Session } from "../../api/client.ts";
import { ApiError } from "../../api/errors.ts";
import {
  type FoundPerson,
  type NewShareLink,
  type ShareLink,
  type Shares,
  type ShareTarget,
  TeamClient,
} from "../../api/team-client.ts";
import { errorText } from "../../i18n/error-text.ts";
import { formatAgo, formatDateTime } from "../../i18n/t.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { CopyLine } from "../../ui/copy-line.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Spinner } from "../../ui/progress.tsx";
import { Select } from "../../ui/select.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { toast } from "../../ui/toast.tsx";
import { useText } from "../../ui/use-observable.ts";
import styles from "./share-dialog.module.css";

const DAY_MS = 24 * 3600 * 1000;
const lives = [1, 7, 30, 365] as const;
/** How many people a link lets in; null: everybody who has it. */
const most = [null, 1, 5, 25] as const;
const roles: readonly Role[] = ["viewer", "commenter", "editor", "owner"];
const roleName = {
  viewer: "sharing.viewer",
  commenter: "sharing.commenter",
  editor: "sharing.editor",
  owner: "sharing.ownerRole",
} as const;
const roleCan = {
  viewer: "sharing.viewerCan",
  commenter: "sharing.commenterCan",
  editor: "sharing.editorCan",
  owner: "sharing.ownerCan",
} as const;

export interface ShareDialogProps {
  readonly hub: HubClient;
  readonly target: ShareTarget;
  readonly session: Session;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onClose: () => void;
}

/** Who may do what with a notebook or folder: people, links, and in words what sharing does not give. */
export function ShareDialog({ hub, target, session, now, onClose }: ShareDialogProps) {
  const t = useText();
  const title = t(target.kind === "notebook" ? "sharing.title" : "sharing.titleFolder");
  if (session.mode === "one_person") {
    return (
      <Dialog title={title} isOpen onClose={onClose}>
        <p className={styles.name}>{t("sharing.onePersonTitle")}</p>
        <p>{t("sharing.onePersonText")}</p>
        {target.kind === "notebook" ? (
          <p>
            <a href={hub.downloadUrl(target.id, { outputs: true })} download="">
              {t("sharing.onePersonDownload")}
            </a>
          </p>
        ) : null}
        <NotGiven />
      </Dialog>
    );
  }
  return (
    <Dialog title={title} isOpen onClose={onClose} size="wide">
      <TeamShares hub={hub} target={target} session={session} now={now} />
    </Dialog>
  );
}

function TeamShares({ hub, target, session, now }: Omit<ShareDialogProps, "onClose">) {
  const t = useText();
  const team = useMemo(() => new TeamClient(hub), [hub]);
  const [shares, setShares] = useState<Shares | null>(null);
  const [made, setMade] = useState<NewShareLink | null>(null);
  const [error, setError] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a target is made anew each time it is drawn; its id counts.
  const load = useCallback(
    () => team.shares(target).then(setShares),
    [team, target.kind === "notebook" ? target.id : `${target.place.folderId}:${target.place.path}`],
  );
  const act = async (work: () => Promise<unknown>): Promise<boolean> => {
    setError(null);
    try {
      await work();
      await load();
      return true;
    } catch (reason) {
      // What the hub says names the person or the reason; our general words would not.
      setError(reason instanceof ApiError ? reason.message : errorText(reason));
      return false;
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: `act` is another function each time; once is meant.
  useEffect(() => void act(async () => {}), [load]);
  const failure =
    error === null ? null : (
      <Notice tone="danger" isLive>
        {error}
      </Notice>
    );
  if (shares === null) return failure ?? <Spinner label={t("shell.loading")} />;
  const isOwner = shares.role === "owner";
  return (
    <div className={styles.body}>
      <p className={styles.name}>{t("sharing.what", { name: target.name })}</p>
      {failure}
      {isOwner ? (
        <AddPerson team={team} onAdd={(userName, role) => act(() => team.give(target, userName, role))} />
      ) : (
        <p>{t("sharing.onlyOwners", { role: t(roleName[shares.role]) })}</p>
      )}
      <section className={styles.section} aria-label={t("sharing.whoHas")}>
        <h3>{t("sharing.whoHas")}</h3>
        <ul className={styles.list}>
          <li>
            <span className={styles.who}>
              {shares.owner.name}
              {shares.owner.id === session.person.id ? <small> ({t("sharing.you")})</small> : null}
            </span>
            <span className={styles.muted}>{t("sharing.owner")}</span>
          </li>
          {shares.people.map((one) => {
            const { name, id } = one.person;
            const note = one.by_link ? t("sharing.byLink") : one.inherited ? t("sharing.fromFolder") : null;
            const { user_name: userName } = one;
            return (
              <li key={`${id} ${one.by_link} ${one.inherited} ${one.role}`}>
                <span className={styles.who}>
                  {name}
                  {userName === null ? null : <small> {userName}</small>}
                  {note === null ? null : <small> · {note}</small>}
                </span>
                {note !== null || userName === null ? (
                  <span className={styles.muted}>{t(roleName[one.role])}</span>
                ) : (
                  <RoleSelect
                    label={t("sharing.roleOf", { name })}
                    role={one.role}
                    choices={roles}
                    onRole={(role) => void act(() => team.give(target, userName, role))}
                  />
                )}
                {one.inherited ? null : (
                  <IconButton
                    label={t("sharing.removeName", { name })}
                    size="small"
                    onPress={() =>
                      void act(async () => {
                        await team.takeAway(target, id);
                        toast({ text: t("sharing.removed", { name }) });
                      })
                    }
                  >
                    <X size={16} aria-hidden />
                  </IconButton>
                )}
              </li>
            );
          })}
          {isOwner && shares.people.length === 0 ? <li className={styles.muted}>{t("sharing.nobody")}</li> : null}
        </ul>
      </section>
      {isOwner ? (
        <section className={styles.section} aria-label={t("sharing.links")}>
          <h3>{t("sharing.links")}</h3>
          <p className={styles.muted}>{t("sharing.linksText")}</p>
          <MakeLink
            onMake={(role, days, uses) =>
              act(async () => setMade(await team.makeLink(target, role, days * DAY_MS, uses)))
            }
          />
          {made === null ? null : (
            <Notice tone="ok" isLive>
              <p>{t("sharing.linkMade")}</p>
              <CopyLine line={made.url} />
            </Notice>
          )}
          <ul className={styles.list}>
            {shares.links.map((link) => (
              <li key={link.id}>
                <span className={styles.who}>
                  {t("sharing.linkFacts", { role: t(roleName[link.role]), until: formatDateTime(link.expires_at) })}
                  <small> · {usesText(link, now(), t)}</small>
                </span>
                <Button
                  size="small"
                  variant="quiet"
                  onPress={() =>
                    void act(async () => {
                      await team.withdrawLink(link.id);
                      if (made?.link.id === link.id) setMade(null);
                    })
                  }
                >
                  {t("sharing.withdraw")}
                </Button>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <NotGiven />
    </div>
  );
}

function usesText(link: ShareLink, now: number, t: ReturnType<typeof useText>): string {
  const used =
    link.last_used_at === null
      ? t("sharing.linkUnused")
      : t("sharing.linkUsed", { count: link.uses, when: formatAgo(link.last_used_at, now) });
  return link.max_uses === null ? used : `${used} · ${t("sharing.linkFor", { count: link.max_uses })}`;
}

function AddPerson(props: {
  readonly team: TeamClient;
  readonly onAdd: (userName: string, role: Role) => Promise<boolean>;
}) {
  const { team, onAdd } = props;
  const t = useText();
  const [userName, setUserName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [found, setFound] = useState<readonly FoundPerson[]>([]);
  useEffect(() => {
    if (userName.trim().length < 2) {
      setFound([]);
      return;
    }
    let isGone = false;
    const timer = setTimeout(() => {
      // Only an offer: who knows the user name needs none.
      team.findPeople(userName.trim()).then(
        (people) => isGone || setFound(people),
        () => isGone || setFound([]),
      );
    }, 150);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [team, userName]);
  const add = async () => {
    if (userName.trim() !== "" && (await onAdd(userName.trim(), role))) setUserName("");
  };
  const offers = found.filter((one) => one.user_name !== userName.trim().toLowerCase());
  return (
    <form
      className={styles.add}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <TextField
        label={t("sharing.addPerson")}
        description={t("sharing.addPersonHint")}
        value={userName}
        onChange={setUserName}
        autoComplete="off"
      />
      <RoleSelect label={t("sharing.role")} isLabelShown role={role} choices={roles} onRole={setRole} />
      <Button variant="primary" type="submit">
        <UserRoundPlus size={16} aria-hidden />
        {t("sharing.add")}
      </Button>
      {offers.length > 0 ? (
        <ul className={styles.offers}>
          {offers.map((one) => (
            <li key={one.user_name}>
              <Button size="small" onPress={() => setUserName(one.user_name)}>
                {one.name} <small>{one.user_name}</small>
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
    </form>
  );
}

interface MakeLinkProps {
  readonly onMake: (role: Role, days: number, maxUses: number | null) => Promise<boolean>;
}

function MakeLink({ onMake }: MakeLinkProps) {
  const t = useText();
  const [role, setRole] = useState<Role>("viewer");
  const [days, setDays] = useState<number>(30);
  const [uses, setUses] = useState<number | null>(null);
  return (
    <div className={`${styles.add} ${styles.link}`}>
      <RoleSelect
        label={t("sharing.linkRole")}
        isLabelShown
        role={role}
        choices={["viewer", "commenter", "editor"]}
        onRole={setRole}
      />
      <Select
        label={t("sharing.linkLife")}
        options={lives.map((life) => ({ id: String(life), label: t("sharing.days", { count: life }) }))}
        selected={String(days)}
        onSelect={(id) => setDays(Number(id))}
      />
      <Select
        label={t("sharing.linkUses")}
        options={most.map((one) => ({
          id: String(one),
          label: one === null ? t("sharing.everybody") : t("sharing.people", { count: one }),
        }))}
        selected={String(uses)}
        onSelect={(id) => setUses(most.find((one) => String(one) === id) ?? null)}
      />
      <Button onPress={() => void onMake(role, days, uses)}>
        <Link2 size={16} aria-hidden />
        {t("sharing.makeLink")}
      </Button>
    </div>
  );
}

function RoleSelect(props: {
  readonly label: string;
  readonly isLabelShown?: boolean;
  readonly role: Role;
  readonly choices: readonly Role[];
  readonly onRole: (role: Role) => void;
}) {
  const t = useText();
  const { label, isLabelShown = false, role, choices, onRole } = props;
  return (
    <div className={isLabelShown ? undefined : styles.bare}>
      <Select
        label={label}
        options={choices.map((id) => ({ id, label: t(roleName[id]), description: t(roleCan[id]) }))}
        selected={role}
        onSelect={(id) => onRole(choices.find((one) => one === id) ?? role)}
      />
    </div>
  );
}

/** In words, where people decide: sharing never shares a runtime. */
function NotGiven() {
  const t = useText();
  return (
    <section className={styles.section} aria-label={t("sharing.notShared")}>
      <h3>{t("sharing.notShared")}</h3>
      <ul className={styles.words}>
        <li>{t("sharing.notRuntime")}</li>
        <li>{t("sharing.notFiles")}</li>
        <li>{t("sharing.notOutputs")}</li>
      </ul>
      <p className={styles.muted}>{t("sharing.othersRun")}</p>
    </section>
  );
}
