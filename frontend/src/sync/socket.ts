/** The line under a room: a WebSocket, reduced to what is used of it. */

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
  socket.addEventListener("message", ({ data }) => {
    if (!isEnded && (typeof data === "string" || data instanceof ArrayBuffer)) events.heard(data);
  });
  socket.addEventListener("close", ({ code }) => {
    if (isEnded) return;
    isEnded = true;
    events.closed(code);
  });
  // Every error is followed by `close`, which says as much as a page may know.
  socket.addEventListener("error", () => {});
  return {
    send: (data) => isEnded || socket.send(data),
    end() {
      isEnded = true;
      socket.close();
    },
  };
}

export const connectWebSocket: Connect = (url, protocol, events) => overWebSocket(new WebSocket(url, protocol), events);
