import { hash } from "node:crypto";
import { Batch, type RawRedis } from "@rollcall/core/adapters/redis/raw-redis.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import { type CompiledFleet, compiledFleet } from "@rollcall/core/protocol.ts";
import { ReadProblem } from "./read-problem.ts";

/** The beginning of a compiled fleet holds its version and when it was made. */
const HEAD_BYTES = 200;
/** A fleet that looks the same is read again after this long, and parsed if it is another one all the same. */
const KEPT_MS = 30_000;

interface Known {
  /** What stood there when it was asked whether it has changed. */
  readonly mark: string | null;
  readonly at: number;
  readonly digest: string;
  readonly fleet: CompiledFleet;
}

/** Reads the expected fleet when it has changed: of 10,000 agents it is 5 MB, which need not come each second. */
export class FleetReader {
  readonly #redis: RawRedis;
  readonly #name: string;
  readonly #key: string;
  #known: Known | null = null;
  /** Head and length of what stands there now; null: not known. */
  #mark: string | null = null;

  constructor(redis: RawRedis, name: string) {
    this.#redis = redis;
    this.#name = name;
    this.#key = keysOf(name).fleet;
  }

  askWhetherChanged(batch: Batch): void {
    let head: string | null = null;
    batch.add(this.#key, ["GETRANGE", this.#key, 0, HEAD_BYTES - 1], (reply) => {
      head = reply.takeError() === null ? reply.takeText() : null;
    });
    batch.add(this.#key, ["STRLEN", this.#key], (reply) => {
      const length = reply.takeError() === null ? reply.takeNumber() : null;
      this.#mark = head === null || length === null ? null : `${length} ${head}`;
    });
  }

  /** @param now Redis time in ms @returns the same object as long as nothing changed @throws ReadProblem */
  async current(now: number): Promise<CompiledFleet> {
    const known = this.#known;
    const isYoung = known !== null && now - known.at < KEPT_MS;
    if (isYoung && this.#mark !== null && known.mark === this.#mark) return known.fleet;
    this.#known = null;
    const text = await this.#readText();
    if (text === null) throw new ReadProblem("no-fleet");
    const digest = hash("sha256", text);
    const fleet = known?.digest === digest ? known.fleet : this.#parse(text);
    this.#known = { mark: this.#mark, at: now, digest, fleet };
    return fleet;
  }

  #parse(text: string): CompiledFleet {
    const parsed = compiledFleet.safeParse(parseJson(text));
    if (!parsed.success || parsed.data.fleet !== this.#name) throw new ReadProblem("bad-fleet", parsed.error);
    return parsed.data;
  }

  async #readText(): Promise<string | null> {
    const batch = new Batch();
    let text: string | null = null;
    batch.add(this.#key, ["GET", this.#key], (reply) => {
      text = reply.takeText();
    });
    await this.#redis.ask(batch);
    return text;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
