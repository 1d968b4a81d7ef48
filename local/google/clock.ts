/** Two times: the real one for what is signed, and one for lifetimes that a test may move on. */
export class Clock {
  #ahead = 0;

  /** The real time in whole seconds since the epoch, as JWTs count. */
  seconds(): number {
    return Math.floor(Date.now() / 1000);
  }

  /** Milliseconds since the epoch, plus what `advance` added. */
  lifetime(): number {
    return Date.now() + this.#ahead;
  }

  /** Makes access tokens and codes older. */
  advance(milliseconds: number): void {
    this.#ahead += milliseconds;
  }
}
