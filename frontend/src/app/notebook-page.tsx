import type { Session } from "../api/client.ts";
import type { PageServices } from "./services.ts";

export function NotebookPage(props: {
  readonly id: string;
  readonly page: PageServices;
  readonly session: Session;
  readonly onSettings: () => void;
}) {
  return <main>{props.id}</main>;
}
