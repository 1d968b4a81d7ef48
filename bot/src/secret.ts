import { createHash, timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

/** A value that prints as `[secret]` wherever it is printed by accident. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  /** Compares in constant time; hashing first makes the lengths equal. */
  matches(candidate: string): boolean {
    return timingSafeEqual(sha256(candidate), sha256(this.#value));
  }
  toString(): string {
    return "[secret]";
  }
  toJSON(): string {
    return "[secret]";
  }
  [inspect.custom](): string {
    return "[secret]";
  }
}
