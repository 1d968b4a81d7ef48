import { describe, expect, test } from "vitest";
import { EventLines } from "./event-lines.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const EVENT = 'id: 7\nevent: agent\ndata: {"id":"é"}\n\n';
const WHOLE = { id: "7", type: "agent", data: '{"id":"é"}' };

describe("server-sent events", () => {
  test("are read whole, wherever the bytes are cut", () => {
    const all = bytes(EVENT);
    for (let cut = 1; cut < all.length; cut += 1) {
      const lines = new EventLines();
      const found = [...lines.read(all.slice(0, cut)), ...lines.read(all.slice(cut))];
      expect(found, `cut at ${cut}`).toEqual([WHOLE]);
    }
  });

  test("several at once come in their order, and beats are none", () => {
    const found = new EventLines().read(bytes(`: beat\n\n${EVENT}retry: 2000\n\n${EVENT.replace("7", "8")}`));
    expect(found.map(({ id }) => id)).toEqual(["7", "8"]);
  });

  test("may end their lines as Windows does, and hold data of several lines", () => {
    const found = new EventLines().read(bytes("data: one\r\ndata: two\r\n\r\n"));
    expect(found).toEqual([{ id: null, type: "message", data: "one\ntwo" }]);
  });
});
