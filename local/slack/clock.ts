/** Two times: the real one for stamps and signatures, and one for lifetimes that a test may move on. */
export class Clock {
  #ahead = 0;

  /** Milliseconds since the epoch. */
  wall(): number {
    return Date.now();
  }

  /** Milliseconds; only differences mean something. Runs with the real time, plus what `advance` added. */
  lifetime(): number {
    return performance.now() + this.#ahead;
  }

  /** Makes triggers, response URLs, rate limits and retries `milliseconds` older. */
  advance(milliseconds: number): void {
    this.#ahead += milliseconds;
  }
}
