import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Channel,
  decode,
  encode,
  type KernelMessage,
  type OutgoingMessage,
  V1_PROTOCOL,
  WireError,
} from "./wire.ts";

const PROTOCOLS = ["", V1_PROTOCOL];
const header = {
  msg_id: "m1",
  msg_type: "comm_msg",
  session: "s1",
  username: "",
  date: "2026-01-01T00:00:00Z",
  version: "5.4",
};

function message(more: Partial<KernelMessage> = {}): KernelMessage {
  return { channel: "shell", header, parent_header: {}, metadata: {}, content: {}, buffers: [], ...more };
}

function frame(encoded: string | Uint8Array<ArrayBuffer>): string | ArrayBuffer {
  return typeof encoded === "string" ? encoded : encoded.buffer;
}

describe.each(PROTOCOLS)("subprotocol %j", (protocol) => {
  it("gives back what was sent, whatever it holds", () => {
    const json = fc.dictionary(fc.string(), fc.jsonValue());
    const any = fc.record({
      channel: fc.constantFrom<Channel>("shell", "control", "iopub", "stdin"),
      content: json,
      metadata: json,
      buffers: fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(any, (parts) => {
        // A value goes over JSON: -0 becomes 0, __proto__ is left to the parser.
        const sent = message(parts as Partial<KernelMessage>);
        const plain = JSON.parse(JSON.stringify({ ...sent, buffers: [] })) as KernelMessage;
        const back = decode(frame(encode(sent, protocol)), protocol);
        expect({ ...back, buffers: [] }).toEqual(plain);
        expect(back.buffers.map((buffer) => [...buffer])).toEqual(sent.buffers.map((buffer) => [...buffer]));
      }),
    );
  });

  it("sends only the part of the memory that a view shows", () => {
    const memory = new Uint8Array(100).map((_, index) => index).buffer;
    const views = [new DataView(memory, 10, 5), new Uint16Array(memory, 20, 2), new Uint8Array(memory, 0, 0)];
    const outgoing: OutgoingMessage = { ...message(), buffers: views };
    const back = decode(frame(encode(outgoing, protocol)), protocol);
    expect(back.buffers.map((buffer) => [...buffer])).toEqual([[10, 11, 12, 13, 14], [20, 21, 22, 23], []]);
  });

  it.each([
    ["no header", { channel: "shell", content: {} }],
    ["an unknown channel", { ...message(), channel: "other" }],
    ["a list", []],
    ["null", null],
  ])("refuses %s", (_name, value) => {
    expect(() => decode(JSON.stringify(value), protocol)).toThrow(WireError);
  });

  it.each([
    ["nothing", new ArrayBuffer(0)],
    ["too little", new ArrayBuffer(12)],
    ["an offset beyond the end", new Uint8Array(64).fill(6).buffer],
  ])("refuses %s", (_name, data) => {
    expect(() => decode(data, protocol)).toThrow(WireError);
  });
});

it("refuses text that is not JSON", () => {
  expect(() => decode("{", "")).toThrow(WireError);
});

it("writes v1 as the protocol says", () => {
  const bytes = encode(message({ buffers: [new Uint8Array([7, 8])] }), V1_PROTOCOL);
  if (typeof bytes === "string") throw new Error("v1 is binary");
  const view = new DataView(bytes.buffer);
  const count = Number(view.getBigUint64(0, true));
  const offsets = Array.from({ length: count }, (_, index) => Number(view.getBigUint64(8 + 8 * index, true)));
  const part = (index: number) => new TextDecoder().decode(bytes.slice(offsets[index], offsets[index + 1]));
  expect(count).toBe(7);
  expect(offsets[0]).toBe(8 * 8);
  expect(part(0)).toBe("shell");
  expect(JSON.parse(part(1))).toEqual(header);
  expect([part(2), part(3), part(4)]).toEqual(["{}", "{}", "{}"]);
  expect([...bytes.slice(offsets[5])]).toEqual([7, 8]);
  expect(offsets[6]).toBe(bytes.byteLength);
});
