/** A cable between page and server that tests can cut. */
import { connect, createServer, type Socket } from "node:net";
import { freePort } from "./free-port.ts";

export interface Cable {
  /** The server, as seen through the cable. */
  readonly baseUrl: string;
  readonly port: number;
  /** All connections are reset. */
  cut(): void;
  /** Everything is swallowed without a word, also what connects from now on. */
  blackHole(): void;
  /** What of the server's words was swallowed so far. */
  swallowed(): string;
  /** New connections work again; those swallowed stay dead. */
  heal(): void;
  close(): void;
}

export async function cuttable(port: number): Promise<Cable> {
  const pairs = new Set<[Socket, Socket]>();
  let swallow = false;
  let swallowed = "";
  const listener = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    const pair: [Socket, Socket] = [near, far];
    const dead = swallow;
    pairs.add(pair);
    let hole = dead;
    holes.add(() => {
      hole = true;
    });
    near.on("data", (chunk) => hole || far.write(chunk));
    far.on("data", (chunk) => {
      if (hole) swallowed += chunk.toString("latin1");
      else near.write(chunk);
    });
    for (const end of pair) {
      end.on("error", () => {});
      end.on("close", () => {
        if (hole) return;
        for (const other of pair) other.destroy();
        pairs.delete(pair);
      });
    }
  });
  const holes = new Set<() => void>();
  const near = await freePort();
  await new Promise<void>((ready) => listener.listen(near, "127.0.0.1", ready));
  const cut = () => {
    for (const pair of pairs) for (const end of pair) end.resetAndDestroy();
    pairs.clear();
  };
  return {
    baseUrl: `http://127.0.0.1:${near}/`,
    port: near,
    cut,
    blackHole: () => {
      swallow = true;
      for (const dig of holes) dig();
    },
    swallowed: () => swallowed,
    heal: () => {
      swallow = false;
    },
    close: () => {
      cut();
      listener.close();
    },
  };
}
