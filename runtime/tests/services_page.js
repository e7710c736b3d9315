// What a page of another origin does with a runtime, through Jupyter's own client library. Each step is told in the
// console and has a limit, so that what does not come says where it was awaited and what the kernel said until then.
import {
  ContentsManager,
  KernelManager,
  KernelSpecManager,
  ServerConnection,
  SessionManager,
} from "@jupyterlab/services";

const STEP_WITHIN_MS = 60_000;

const started = performance.now();
const tell = (text) => console.log(`${Math.round(performance.now() - started)} ms: ${text}`);

const step = async (name, work) => {
  tell(`${name} …`);
  const { promise: late, reject } = Promise.withResolvers();
  const limit = setTimeout(() => reject(new Error(`${name}: nothing within ${STEP_WITHIN_MS} ms`)), STEP_WITHIN_MS);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(limit);
  }
};

const tellMessages = (kernel) => {
  kernel.connectionStatusChanged.connect((_, status) => tell(`connection ${status}`));
  kernel.anyMessage.connect((_, { msg, direction }) => {
    const about = msg.content.execution_state ?? msg.content.status ?? "";
    tell(`${direction} ${msg.channel} ${msg.header.msg_type} ${about} of ${msg.parent_header.msg_type ?? "nothing"}`);
  });
};

window.work = async (baseUrl, token) => {
  const serverSettings = ServerConnection.makeSettings({
    baseUrl,
    wsUrl: baseUrl.replace("http", "ws"),
    token,
    appendToken: true,
  });
  const specs = new KernelSpecManager({ serverSettings });
  await step("kernelspecs", specs.ready);
  const contents = new ContentsManager({ serverSettings });
  const made = await step("new notebook", contents.newUntitled({ type: "notebook" }));
  const kernels = new KernelManager({ serverSettings });
  const sessions = new SessionManager({ serverSettings, kernelManager: kernels });
  const starting = sessions.startNew({
    path: made.path,
    name: made.name,
    type: "notebook",
    kernel: { name: specs.specs.default },
  });
  const session = await step("session", starting);
  tellMessages(session.kernel);
  const printed = [];
  const future = session.kernel.requestExecute({ code: "print('value', 6*7)\nprint(input('who? '))" });
  future.onIOPub = (message) => {
    if (message.header.msg_type === "stream") printed.push(message.content.text);
  };
  future.onStdin = () => session.kernel.sendInputReply({ value: "Ada", status: "ok" }, future.msg.header);
  const reply = await step("run", future.done);
  await step("shutdown", session.shutdown());
  await step("delete", contents.delete(made.path));
  return { spec: specs.specs.default, path: made.path, status: reply.content.status, printed: printed.join("") };
};
