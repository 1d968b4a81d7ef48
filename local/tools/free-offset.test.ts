import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { portsAt } from "../stack/addresses.ts";
import { findFreeOffset } from "./free-offset.ts";

test("passes over an offset that puts a port where browsers do not go", async () => {
  // 3000 + 3000 is X11's port.
  const offset = await findFreeOffset(3000);
  expect(offset).toBeGreaterThan(3000);
  expect(() => portsAt(String(offset))).not.toThrow();
});

test("passes over an offset at which a port is taken", async () => {
  const free = await findFreeOffset(23_000);
  const server = createServer().listen(portsAt(String(free)).redis, "127.0.0.1");
  await once(server, "listening");
  expect(await findFreeOffset(free)).toBeGreaterThan(free);
  server.close();
});
