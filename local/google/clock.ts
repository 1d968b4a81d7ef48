/** The time that lifetimes of tokens and codes run by; a test may move it on. */
export class Clock {
  #ahead = 0;

  /** Milliseconds since the epoch, plus what `advance` added. */
  now(): number {
    return Date.now() + this.#ahead;
  }

  /** The same in whole seconds, as JWTs count. */
  seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  advance(milliseconds: number): void {
    this.#ahead += milliseconds;
  }
}
