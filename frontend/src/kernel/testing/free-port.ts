import { createServer } from "node:net";

const FIRST_PORT = 10_000;
const PORTS = 1_200;
const WORKERS = 8;
/** The one of these ports that `fetch` refuses to speak to, whoever listens there (WHATWG Fetch, "bad port"). */
const BAD_PORT = 10_080;
const worker = (Number(process.env["VITEST_POOL_ID"] ?? 1) - 1) % WORKERS;
let turn = Math.floor(Math.random() * PORTS);

/**
 * A port that was free a moment ago. None of those that the system hands out itself, and each worker's its own: a connection
 * or another test had it before a slow server took it.
 */
export async function freePort(): Promise<number> {
  const port = FIRST_PORT + worker * PORTS + turn;
  turn = (turn + 1) % PORTS;
  if (port === BAD_PORT) return await freePort();
  const free = await new Promise<boolean>((tell) => {
    const probe = createServer();
    probe.once("error", () => tell(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => tell(true)));
  });
  return free ? port : await freePort();
}
