import { createHash, timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";
import { keepOutOfText, SHOWN } from "./redact.ts";

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

/** A value that prints as `[secret]` wherever it is printed by accident, and that logs do not show even once it is revealed. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
    keepOutOfText(value);
  }
  reveal(): string {
    return this.#value;
  }
  /** Compares in constant time; hashing first makes the lengths equal. */
  matches(candidate: string): boolean {
    return timingSafeEqual(sha256(candidate), sha256(this.#value));
  }
  toString(): string {
    return SHOWN;
  }
  toJSON(): string {
    return SHOWN;
  }
  [Symbol.toPrimitive](): string {
    return SHOWN;
  }
  [inspect.custom](): string {
    return SHOWN;
  }
}
