import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readDiskBytes, watchNetworkBytes } from "./process-bytes.ts";

describe("readDiskBytes", () => {
  test("reads what the kernel says of this process", () => {
    const bytes = readDiskBytes();
    expect(bytes?.readBytes).toBeGreaterThanOrEqual(0);
    expect(bytes?.writtenBytes).toBeGreaterThanOrEqual(0);
  });

  test.each([null, "", "rchar: 5\n"])("says nothing where the kernel tells nothing (%j)", (text) => {
    if (text !== null) expect(readDiskBytes(text)).toBeUndefined();
    expect(readDiskBytes("read_bytes: 7\nwrite_bytes: 9\n")).toEqual({ readBytes: 7, writtenBytes: 9 });
  });
});

describe("watchNetworkBytes", () => {
  const server = createServer((socket) => socket.pipe(socket));
  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  async function echo(text: string): Promise<Socket> {
    const socket = connect((server.address() as { port: number }).port, "127.0.0.1");
    socket.write(text);
    await once(socket, "data");
    return socket;
  }

  test("counts both ends of connections that are open and that were closed", async () => {
    const bytes = watchNetworkBytes(new AbortController().signal);
    const first = await echo("12345");
    const closed = once(first, "close");
    first.end();
    await closed;
    const second = await echo("123");
    // Both ends lie in this process: each byte was sent and received twice.
    await expect.poll(bytes).toEqual({ receivedBytes: 16, sentBytes: 16 });
    second.destroy();
  });

  test("counts no connection that is made once it has ended", async () => {
    const ending = new AbortController();
    const bytes = watchNetworkBytes(ending.signal);
    ending.abort();
    const socket = await echo("12345");
    const closed = once(socket, "close");
    socket.end();
    await closed;
    expect(bytes()).toEqual({ receivedBytes: 0, sentBytes: 0 });
  });
});
