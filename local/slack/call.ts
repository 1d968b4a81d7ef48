import type { Clock } from "./clock.ts";
import type { Files } from "./files.ts";
import type { Triggers } from "./lifetimes.ts";
import type { Json } from "./records.ts";
import { isRecord } from "./records.ts";
import type { Sockets } from "./sockets.ts";
import type { Views } from "./views.ts";
import type { Workspace } from "./workspace.ts";

/** What the methods of the Web API work on. */
export interface Parts {
  readonly clock: Clock;
  readonly workspace: Workspace;
  readonly triggers: Triggers;
  readonly views: Views;
  readonly files: Files;
  readonly sockets: Sockets;
  /** Where this stand-in is reached, without a slash at the end. */
  url: string;
}

export type Method = (args: Args, parts: Parts) => Json;

/** A refusal in Slack's words: HTTP 200 with `ok: false`. */
export class SlackError extends Error {
  readonly code: string;
  readonly messages: readonly string[];

  constructor(code: string, messages: readonly string[] = []) {
    super(code);
    this.code = code;
    this.messages = messages;
  }
}

/** Arguments of a call, from a form (nested values are JSON strings) or a JSON body. */
export class Args {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(values: ReadonlyMap<string, unknown>) {
    this.#values = values;
  }

  text(name: string): string | null {
    const value = this.#values.get(name);
    if (value === undefined || value === null) return null;
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
    throw new SlackError("invalid_arguments", [`[ERROR] must be a string [json-pointer:/${name}]`]);
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === null || value === "") {
      throw new SlackError("invalid_arguments", [`[ERROR] missing required field: ${name}`]);
    }
    return value;
  }

  flag(name: string): boolean {
    return ["true", "1"].includes(this.text(name) ?? "");
  }

  integer(name: string, { fallback, most }: { fallback: number; most: number }): number {
    const value = this.text(name);
    if (value === null) return fallback;
    if (!/^\d+$/.test(value) || Number(value) < 1 || Number(value) > most) {
      throw new SlackError("invalid_arguments", [`[ERROR] must be 1 to ${most} [json-pointer:/${name}]`]);
    }
    return Number(value);
  }

  has(name: string): boolean {
    return this.#values.get(name) !== undefined;
  }

  /** A nested value; undefined if it was not given. @throws SlackError `error` if it is no JSON */
  json(name: string, error: string): unknown {
    const value = this.#values.get(name);
    if (typeof value !== "string") return value;
    if (value === "") return undefined;
    try {
      return JSON.parse(value);
    } catch {
      throw new SlackError(error, [`[ERROR] must be valid JSON [json-pointer:/${name}]`]);
    }
  }

  record(name: string, error: string): Json | null {
    const value = this.json(name, error);
    if (value === undefined || value === null) return null;
    if (!isRecord(value)) throw new SlackError(error, [`[ERROR] must be an object [json-pointer:/${name}]`]);
    return value;
  }
}
