// Every way in which a page can reach for a runtime whose token it knows (R02); returns what it got to see.
async (base, token) => {
  const target = `${base}/api/kernels?token=${token}`, seen = [];
  const note = (way) => (value) => { if (value) seen.push(`${way}: ${value}`); };
  const text = "text/plain";
  await fetch(target).then((r) => r.text()).then(note("cors"), () => {});
  await fetch(target, { method: "POST", body: "{}" }).then((r) => r.text()).then(note("post"), () => {});
  const plain = { method: "POST", body: "{}", headers: { "Content-Type": text }, mode: "no-cors" };
  await fetch(target, plain).catch(() => {});
  const bearer = { headers: { Authorization: `token ${token}` } };
  await fetch(target, bearer).then((r) => r.text()).then(note("header"), () => {});
  navigator.sendBeacon(target, "{}");
  await new Promise((done) => {
    const socket = new WebSocket(`${base.replace("http", "ws")}/api/events/subscribe?token=${token}`);
    socket.onopen = () => { note("socket")("open"); done(); };
    socket.onclose = socket.onerror = done;
  });
  await new Promise((done) => {
    const events = new EventSource(target);
    events.onopen = () => { note("events")("open"); done(); };
    events.onerror = () => { events.close(); done(); };
  });
  for (const [tag, name] of [["img", "src"], ["script", "src"], ["iframe", "src"]]) {
    const element = Object.assign(document.createElement(tag), { [name]: `${base}/api/spec.yaml?token=${token}` });
    await new Promise((done) => {
      element.onload = () => { note(tag)(tag === "iframe" ? "" : "loaded"); done(); };
      element.onerror = done;
      document.body.append(element);
    });
  }
  const frame = Object.assign(document.createElement("iframe"), { name: "aim" });
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: target, enctype: text, target: "aim" });
  form.append(Object.assign(document.createElement("input"), { name: '{"name":"python3","x":"', value: '"}' }));
  document.body.append(frame, form);
  const sent = new Promise((done) => { frame.onload = done; });
  form.submit();
  await sent;
  return seen;
}
