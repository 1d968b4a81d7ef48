import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP way to a server that can be made to swallow what goes through it, without closing anything. */
export interface FaultProxy {
  readonly port: number;
  /** `up` swallows what clients send, `down` what the server sends. Connections of before stay deaf for good. */
  swallow(direction: "up" | "down" | "both"): void;
  /** Swallows what clients send from the first piece on that holds the text, and what others send afterwards. */
  swallowFrom(text: string): void;
  /** New connections work again. */
  heal(): void;
  close(): Promise<void>;
}

export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const faults = { up: false, down: false };
  let trigger: string | null = null;
  const pairs = new Set<{ up: boolean; down: boolean }>();
  const sockets = new Set<Socket>();
  const swallow = (direction: "up" | "down" | "both") => {
    faults.up = direction !== "down";
    faults.down = direction !== "up";
    for (const pair of pairs) Object.assign(pair, faults);
  };
  const server = createServer((client) => {
    const target = connect(targetPort, "127.0.0.1");
    const pair = { ...faults };
    pairs.add(pair);
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        pairs.delete(pair);
        client.destroy();
        target.destroy();
      });
    }
    client.on("data", (data) => {
      if (trigger !== null && data.includes(trigger)) swallow("up");
      if (!pair.up) target.write(data);
    });
    target.on("data", (data) => pair.down || client.write(data));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    swallow,
    swallowFrom(text) {
      trigger = text;
    },
    heal() {
      trigger = null;
      faults.up = false;
      faults.down = false;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
