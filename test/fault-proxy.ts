import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP way to a server that can be made to swallow, delay, cut, spoil or redirect what goes through it. */
export interface FaultProxy {
  readonly port: number;
  /** `up` swallows what clients send, `down` what the server sends. Connections of before stay deaf for good. */
  swallow(direction: "up" | "down" | "both"): void;
  /** Swallows what clients send from the first piece on that holds the text, and what others send afterwards. */
  swallowFrom(text: string): void;
  /** Lets the next piece that holds the text through, and resets its connection instead of bringing the answer. */
  eatReplyTo(text: string): void;
  /** Everything that the server sends comes this much later, in order. */
  delay(ms: number): void;
  /** Turns one bit of the next answer. */
  flipNextByte(): void;
  /** Resets all connections; new ones work. */
  cut(): void;
  /** New connections lead to another server; those of before stay where they are. */
  retarget(port: number): void;
  /** How many connections were taken so far. */
  taken(): number;
  /** How often an answer was eaten. */
  eaten(): number;
  /** New connections work again, without delay. */
  heal(): void;
  close(): Promise<void>;
}

export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const proxy = new TcpProxy(targetPort);
  await new Promise<void>((resolve) => proxy.server.listen(0, "127.0.0.1", resolve));
  proxy.port = (proxy.server.address() as AddressInfo).port;
  return proxy;
}

interface Pair {
  readonly client: Socket;
  readonly target: Socket;
  up: boolean;
  down: boolean;
  isAnswerEaten: boolean;
}

class TcpProxy implements FaultProxy {
  readonly server = createServer((client) => this.#join(client));
  readonly #pairs = new Set<Pair>();
  readonly #faults = { up: false, down: false };
  port = 0;
  #target: number;
  #swallowFrom: string | null = null;
  #eatReplyTo: string | null = null;
  #eaten = 0;
  #taken = 0;
  #delayMs = 0;
  #isToFlip = false;

  constructor(target: number) {
    this.#target = target;
  }

  swallow(direction: "up" | "down" | "both"): void {
    this.#faults.up = direction !== "down";
    this.#faults.down = direction !== "up";
    for (const pair of this.#pairs) Object.assign(pair, this.#faults);
  }

  swallowFrom(text: string): void {
    this.#swallowFrom = text;
  }

  eatReplyTo(text: string): void {
    this.#eatReplyTo = text;
  }

  delay(ms: number): void {
    this.#delayMs = ms;
  }

  flipNextByte(): void {
    this.#isToFlip = true;
  }

  cut(): void {
    for (const { client, target } of this.#pairs) {
      client.resetAndDestroy();
      target.resetAndDestroy();
    }
  }

  retarget(port: number): void {
    this.#target = port;
  }

  taken(): number {
    return this.#taken;
  }

  eaten(): number {
    return this.#eaten;
  }

  heal(): void {
    this.#swallowFrom = null;
    this.#delayMs = 0;
    Object.assign(this.#faults, { up: false, down: false });
  }

  async close(): Promise<void> {
    for (const { client, target } of this.#pairs) {
      client.destroy();
      target.destroy();
    }
    await new Promise((resolve) => this.server.close(resolve));
  }

  #join(client: Socket): void {
    this.#taken += 1;
    const target = connect(this.#target, "127.0.0.1");
    const pair = { client, target, ...this.#faults, isAnswerEaten: false };
    this.#pairs.add(pair);
    for (const socket of [client, target]) {
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#pairs.delete(pair);
        client.destroy();
        target.destroy();
      });
    }
    client.on("data", (data) => this.#up(pair, data));
    target.on("data", (data) => this.#down(pair, data));
  }

  #up(pair: Pair, data: Buffer): void {
    if (this.#swallowFrom !== null && data.includes(this.#swallowFrom)) this.swallow("up");
    if (this.#eatReplyTo !== null && data.includes(this.#eatReplyTo)) {
      this.#eatReplyTo = null;
      pair.isAnswerEaten = true;
    }
    if (!pair.up) pair.target.write(data);
  }

  #down(pair: Pair, data: Buffer): void {
    if (pair.isAnswerEaten) {
      this.#eaten += 1;
      pair.client.resetAndDestroy();
      return;
    }
    if (pair.down) return;
    if (this.#isToFlip) {
      this.#isToFlip = false;
      data[0] = (data[0] ?? 0) ^ 0x40;
    }
    if (this.#delayMs === 0) pair.client.write(data);
    else setTimeout(() => pair.down || pair.client.write(data), this.#delayMs);
  }
}
