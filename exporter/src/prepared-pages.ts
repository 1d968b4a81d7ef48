/** A text that scrapes are answered with; it stays as it is while anybody sends it. */
export interface PreparedPage {
  readonly text: Buffer;
  take(): void;
  release(): void;
}

class PooledPage implements PreparedPage {
  buffer = Buffer.alloc(0);
  text = this.buffer;
  users = 0;

  take(): void {
    this.users += 1;
  }

  release(): void {
    this.users -= 1;
  }
}

/** Pages that are filled one after another; a buffer is used again as soon as nobody sends it, also that of the page shown. */
export class PreparedPages {
  #pages: PooledPage[] = [];

  /** A new page, which is shown from now on. */
  fill(parts: readonly Buffer[]): PreparedPage {
    const page = this.#pages.find(({ users }) => users === 0) ?? new PooledPage();
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (page.buffer.length < length) page.buffer = Buffer.allocUnsafeSlow(Math.ceil(length * 1.1));
    let at = 0;
    for (const part of parts) at += part.copy(page.buffer, at);
    page.text = page.buffer.subarray(0, length);
    // What slow scrapers made necessary is given back.
    this.#pages = [page, ...this.#pages.filter((other) => other !== page && other.users > 0)];
    return page;
  }
}
