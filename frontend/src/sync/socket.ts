/** The line under a room: a WebSocket, reduced to what is used of it. */

export const ROOM_SUBPROTOCOL = "runhere.room.v1";

/** What a socket tells its owner. Nothing is told after `closed`. */
export interface SocketEvents {
  opened(): void;
  heard(data: string | ArrayBuffer): void;
  /** @param code a WebSocket close code. */
  closed(code: number): void;
}

export interface Socket {
  send(data: string | Uint8Array<ArrayBuffer>): void;
  /** Ends the connection; `closed` is not told any more. */
  end(): void;
}

/** Begins to connect. */
export type Connect = (url: string, protocol: string, events: SocketEvents) => Socket;

/** The members of the browser's `WebSocket` (and of its likes elsewhere) that `overWebSocket` needs. */
export interface WebSocketLike {
  binaryType: string;
  addEventListener(type: "open", fn: () => void): void;
  addEventListener(type: "message", fn: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", fn: (event: { readonly code: number }) => void): void;
  addEventListener(type: "error", fn: () => void): void;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
}

export function overWebSocket(socket: WebSocketLike, events: SocketEvents): Socket {
  let isEnded = false;
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", () => isEnded || events.opened());
  let hasHeard = false;
  socket.addEventListener("message", ({ data }) => {
    hasHeard = true;
    if (!isEnded && (typeof data === "string" || data instanceof ArrayBuffer)) events.heard(data);
  });
  socket.addEventListener("close", ({ code }) => {
    if (isEnded) return;
    isEnded = true;
    events.closed(code);
  });
  // Every error is followed by `close`, which says as much as a page may know.
  socket.addEventListener("error", () => {});
  // A key is painted before it is told: handing bytes to the network takes a part of the frame. Nobody looks at a hidden page, and its
  // timers are slow. The greeting goes before the page is drawn: the hub answers meanwhile.
  const waiting: (string | Uint8Array<ArrayBuffer>)[] = [];
  const sendWaiting = (): void => {
    for (const data of waiting.splice(0)) if (!isEnded) socket.send(data);
  };
  return {
    send(data) {
      waiting.push(data);
      if (!hasHeard || globalThis.document?.visibilityState !== "visible") sendWaiting();
      else if (waiting.length === 1) setTimeout(sendWaiting, 0);
    },
    end() {
      sendWaiting();
      isEnded = true;
      socket.close();
    },
  };
}

export const connectWebSocket: Connect = (url, protocol, events) => overWebSocket(new WebSocket(url, protocol), events);

/**
 * Connects at once, for whoever wants the same line a moment later: what came meanwhile is told then. A line that was closed by then, or is
 * wanted a second time, is made anew.
 */
export function connectAhead(url: string, protocol: string, connect: Connect = connectWebSocket): Connect {
  const missed: ((owner: SocketEvents) => void)[] = [];
  let owner: SocketEvents | null = null;
  let isFree = true;
  const tell = (event: (owner: SocketEvents) => void): void => {
    if (owner) event(owner);
    else missed.push(event);
  };
  const line = connect(url, protocol, {
    opened: () => tell((one) => one.opened()),
    heard: (data) => tell((one) => one.heard(data)),
    closed: (code) => {
      isFree = false;
      tell((one) => one.closed(code));
    },
  });
  return (wanted, wantedProtocol, events) => {
    if (!isFree || wanted !== url || wantedProtocol !== protocol) return connect(wanted, wantedProtocol, events);
    isFree = false;
    let isEnded = false;
    // An owner expects to be told after it connected, not while it does.
    queueMicrotask(() => {
      for (const event of missed.splice(0)) if (!isEnded) event(events);
      if (!isEnded) owner = events;
    });
    return {
      send: (data) => line.send(data),
      end() {
        isEnded = true;
        owner = null;
        line.end();
      },
    };
  };
}
