// What Colab's page asks of a local runtime, as a browser sends it: today's requests, then the older page's.
async (base, token) => {
  const withToken = (path) => `${base}${path}${path.includes("?") ? "&" : "?"}token=${token}`;
  const ask = async (method, path, body) => {
    const sent = body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    try {
      const answer = await fetch(withToken(path), { method, credentials: "include", mode: "cors", ...sent });
      return { status: answer.status, text: await answer.text() };
    } catch (error) {
      return { status: 0, text: String(error) };
    }
  };
  const socket = (path, first, isLast) =>
    new Promise((resolve) => {
      const heard = [];
      const line = new WebSocket(base.replace("http", "ws") + path);
      line.onopen = () => line.send(first);
      line.onmessage = ({ data }) => {
        heard.push(JSON.parse(data));
        if (isLast(heard.at(-1))) line.close();
      };
      line.onclose = ({ code }) => resolve({ code, heard });
    });
  const said = ({ heard }) => heard.filter((one) => one.msg_type === "stream").map((one) => one.content.text).join("");
  const run = async (channels, code) => {
    const header = { msg_id: crypto.randomUUID(), username: "username", session: "s", msg_type: "execute_request", version: "5.0" };
    const content = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: true };
    const message = { channel: "shell", header, parent_header: {}, metadata: {}, content };
    const isIdle = (one) => one.parent_header?.msg_id === header.msg_id && one.content.execution_state === "idle";
    return said(await socket(channels, JSON.stringify(message), isIdle));
  };

  const found = {};
  for (const path of ["build-info", "resources", "drive"]) found[path] = await ask("GET", `/api/colab/${path}`);
  for (const path of ["/api", "/api/kernelspecs", "/api/sessions", "/api/contents/", "/api/terminals"])
    found[path] = await ask("GET", path);
  const notebook = { path: "fileId=1", name: "a.ipynb", type: "notebook", kernel: { name: "python3" } };
  const made = await ask("POST", "/api/sessions", notebook);
  found.made = made.status;
  if (made.status !== 201) {
    const refused = await socket(`/http_over_websocket?token=${token}`, "{}", () => true);
    return { ...found, bridge: refused.code, heard: refused.heard };
  }
  const { id, kernel } = JSON.parse(made.text);
  found.ran = await run(`/api/kernels/${kernel.id}/channels?session_id=c&token=${token}`, "print(6 * 7)");
  found.renamed = (await ask("PATCH", `/api/sessions/${id}`, { name: "b.ipynb" })).status;
  found.interrupted = (await ask("POST", `/api/kernels/${kernel.id}/interrupt`, {})).status;
  found.put = (await ask("PUT", "/api/contents/new.txt", { type: "file", format: "text", content: "new" })).status;
  found.file = await ask("GET", "/files/new.txt");
  found.deleted = (await ask("DELETE", "/api/contents/new.txt")).status;

  const query = `min_version=0.0.1a3&jupyter_http_over_ws_auth_url=${encodeURIComponent(`${base}/?token=${token}`)}`;
  const wanted = JSON.stringify({ path: "/api/kernelspecs", method: "GET", message_id: "m" });
  found.bridged = (await socket(`/http_over_websocket?${query}`, wanted, (one) => one.done)).heard;
  found.diagnosed = (await socket(`/http_over_websocket/diagnose?${query}`, "d", () => true)).heard;
  const proxied = `/http_over_websocket/proxied_ws/api/kernels/${kernel.id}/channels?session_id=o&${query}`;
  found.ranThroughBridge = await run(proxied, "print('older')");
  found.left = (await ask("DELETE", `/api/sessions/${id}`)).status;
  return found;
}
