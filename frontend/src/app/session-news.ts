/** The tabs of one browser share its session: one tells the others that it is another one now, and nothing of it. */
import { onWake } from "../sync/back-off.ts";
import type { RoomSocket } from "../sync/room-socket.ts";
import type { SessionKeeper } from "./session.ts";

const CHANNEL = "runhere-session";

export class SessionNews {
  readonly #channel = new BroadcastChannel(CHANNEL);

  /** Tells the other tabs. */
  tell(): void {
    this.#channel.postMessage("changed");
  }

  /** Calls `fn` when another tab told. Returns the end. */
  onTold(fn: () => void): () => void {
    this.#channel.addEventListener("message", fn);
    return () => this.#channel.removeEventListener("message", fn);
  }
}

/**
 * Lets a room that is refused because its session ended go on, once the same person has signed in again in another tab. Whose session it is now
 * says the hub (`SessionKeeper.again`, which shows the page to another person anew). Returns the end.
 */
export function goOnSignedIn(
  room: Pick<RoomSocket, "state" | "reconnectNow">,
  session: Pick<SessionKeeper, "again">,
  news: Pick<SessionNews, "onTold">,
  wakes: (fn: () => void) => () => void = onWake,
): () => void {
  // A room that is refused again at once, though the session is good, waits for news: it would ask without end.
  let hasTried = false;
  const look = async (isNews: boolean) => {
    const { refusedCode, connection } = room.state.get();
    if (connection === "online") hasTried = false;
    if (refusedCode !== "signed_out" || (hasTried && !isNews)) return;
    hasTried = true;
    if ((await session.again()) === "same" && room.state.get().refusedCode === "signed_out") room.reconnectNow();
  };
  const ends = [
    room.state.subscribe(() => void look(false)),
    news.onTold(() => void look(true)),
    wakes(() => void look(true)),
  ];
  return () => {
    for (const end of ends) end();
  };
}
