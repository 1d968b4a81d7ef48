/** One request and its answer, in either direction. */
export interface Exchange {
  readonly id: string;
  readonly direction: "to-app" | "from-app";
  /** `command`, `block_actions`, `view_submission`, `view_closed`, `event`, `response_url`, or a method of the Web API. */
  readonly kind: string;
  /** What a person would call it, e.g. `/fleet status`. */
  readonly label: string;
  readonly user: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly request: { readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly body: string };
  outcome: "waiting" | "acked" | "answered" | "timeout" | "failed" | "dropped" | "refused" | "fault";
  status: number | null;
  /** Time to the answer; of a late one the real time it took. */
  ms: number | null;
  answer: string;
  /** Which retry of an event, 0 for the first delivery. */
  readonly retry: number;
}

const KEPT = 500;
const KEPT_BODY = 64 * 1024;

/** The last requests of both directions. */
export class Traffic {
  readonly #exchanges: Exchange[] = [];
  readonly #listeners: ((exchange: Exchange) => void)[] = [];
  #count = 0;

  onChange(listener: (exchange: Exchange) => void): void {
    this.#listeners.push(listener);
  }

  begin(of: Pick<Exchange, "direction" | "kind" | "label" | "user" | "request"> & { retry?: number }): Exchange {
    this.#count += 1;
    const exchange: Exchange = {
      ...of,
      id: `x${this.#count}`,
      at: Date.now(),
      request: { ...of.request, body: shorten(of.request.body) },
      outcome: "waiting",
      status: null,
      ms: null,
      answer: "",
      retry: of.retry ?? 0,
    };
    this.#exchanges.push(exchange);
    if (this.#exchanges.length > KEPT) this.#exchanges.shift();
    this.#tell(exchange);
    return exchange;
  }

  end(exchange: Exchange, how: Partial<Pick<Exchange, "outcome" | "status" | "ms" | "answer">>): void {
    Object.assign(exchange, how, how.answer === undefined ? {} : { answer: shorten(how.answer) });
    this.#tell(exchange);
  }

  list(): readonly Exchange[] {
    return this.#exchanges;
  }

  #tell(exchange: Exchange): void {
    for (const listener of this.#listeners) listener(exchange);
  }
}

const shorten = (body: string): string =>
  body.length > KEPT_BODY ? `${body.slice(0, KEPT_BODY)}… (${body.length} characters)` : body;
