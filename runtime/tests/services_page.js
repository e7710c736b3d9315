// What a page of another origin does with a runtime, through Jupyter's own client library.
import {
  ContentsManager,
  KernelManager,
  KernelSpecManager,
  ServerConnection,
  SessionManager,
} from "@jupyterlab/services";

window.work = async (baseUrl, token) => {
  const serverSettings = ServerConnection.makeSettings({
    baseUrl,
    wsUrl: baseUrl.replace("http", "ws"),
    token,
    appendToken: true,
  });
  const specs = new KernelSpecManager({ serverSettings });
  await specs.ready;
  const contents = new ContentsManager({ serverSettings });
  const made = await contents.newUntitled({ type: "notebook" });
  const kernels = new KernelManager({ serverSettings });
  const sessions = new SessionManager({ serverSettings, kernelManager: kernels });
  const session = await sessions.startNew({
    path: made.path,
    name: made.name,
    type: "notebook",
    kernel: { name: specs.specs.default },
  });
  const printed = [];
  const future = session.kernel.requestExecute({ code: "print('value', 6*7)\nprint(input('who? '))" });
  future.onIOPub = (message) => {
    if (message.header.msg_type === "stream") printed.push(message.content.text);
  };
  future.onStdin = () => session.kernel.sendInputReply({ value: "Ada", status: "ok" }, future.msg.header);
  const reply = await future.done;
  await session.shutdown();
  await contents.delete(made.path);
  return { spec: specs.specs.default, path: made.path, status: reply.content.status, printed: printed.join("") };
};
