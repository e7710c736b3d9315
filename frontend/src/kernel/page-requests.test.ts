import { describe, expect, it } from "vitest";
import { newMessage } from "./messages.ts";
import { pageReply, readPageRequest } from "./page-requests.ts";
import type { KernelMessage } from "./wire.ts";

function message(type: string, metadata: Record<string, unknown>, parent: object = { msg_id: "run" }): KernelMessage {
  const made = newMessage({
    msgId: "m",
    type,
    channel: "iopub",
    session: "s",
    now: 0,
    content: { request: { key: "K" } },
    metadata,
    parent,
  });
  return { ...made, buffers: [] };
}

describe("11 requests of running code", () => {
  it("11.1 are read with the run that asks", () => {
    const found = readPageRequest(message("colab_request", { colab_request_type: "GetSecret", colab_msg_id: 7 }));
    expect(found).toEqual({ runId: "run", kind: "GetSecret", request: { key: "K" }, number: 7 });
  });

  it("11.1 without a number wait for nothing", () => {
    expect(readPageRequest(message("colab_request", { colab_request_type: "x" }))?.number).toBeNull();
  });

  it("11.1 of no run, of no kind, or of another type are none", () => {
    expect(readPageRequest(message("colab_request", { colab_request_type: "x" }, {}))).toBeNull();
    expect(readPageRequest(message("colab_request", {}))).toBeNull();
    expect(readPageRequest(message("stream", { colab_request_type: "x" }))).toBeNull();
  });

  it("11.2 are answered by number on stdin", () => {
    const reply = pageReply(7, { error: "no" }, { msgId: "a", session: "s", now: 0 });
    expect(reply.channel).toBe("stdin");
    expect(reply.header.msg_type).toBe("input_reply");
    expect(reply.content).toEqual({ status: "ok", value: { type: "colab_reply", colab_msg_id: 7, error: "no" } });
  });
});
