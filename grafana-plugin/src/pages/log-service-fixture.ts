import { type BackendSrv, type BackendSrvRequest, type FetchResponse, setBackendSrv } from "@grafana/runtime";
import { liveEvent } from "@rollcall/core/live-contract.ts";
import { type ApiLogLine, type ApiLogs, apiLogCounts, apiLogs } from "@rollcall/core/log-contract.ts";
import { delay, type Observable, of, Subject, throwError } from "rxjs";

const NAMES = new Set(
  ["who", "source", "level", "range", "from", "to", "q", "pattern", "trace", "run", "operation", "field"].concat([
    ...["limit", "before", "after", "step"],
  ]),
);

/** What the service does with logs, by its contract: it refuses what it does not know, and answers nothing else. */
export class LogService {
  /** Oldest first, in the order in which they were taken in. */
  readonly lines: ApiLogLine[] = [];
  readonly asked: URL[] = [];
  readonly streams: string[] = [];
  places: ApiLogs["places"] = [];
  nearest: number | null = null;
  /** Lines that are in an answer although they were taken in while it was made. */
  overlap = 0;
  /** How long an answer with older lines is on its way. */
  delayOlderMs = 0;
  /** While it is set every search is refused so. */
  refused: { readonly status: number; readonly data: unknown } | null = null;
  #stream: Subject<FetchResponse<Uint8Array | undefined>> = new Subject();

  /** Stands in the place of Grafana's way to its server. */
  install(): void {
    const chunked = ({ url }: BackendSrvRequest) => {
      this.streams.push(url);
      this.#stream = new Subject();
      return this.#stream;
    };
    const fetch = (request: BackendSrvRequest): Observable<FetchResponse> => this.#answer(request);
    setBackendSrv({ fetch, chunked } as unknown as BackendSrv);
  }

  /** A line is taken in. */
  write(line: Partial<ApiLogLine> = {}): ApiLogLine {
    const id = String(this.lines.length + 1);
    const usual = {
      source: "billing",
      kind: "agent",
      level: "info",
      text: `line ${id}`,
      trace: null,
      run: null,
    } as const;
    const whole = { id, at: Date.now(), operation: null, fields: {}, incidents: [], ...usual, ...line };
    this.lines.push(whole);
    return whole;
  }

  /** Tells the live stream of something. */
  tell(event: object): void {
    const data = new TextEncoder().encode(`data: ${JSON.stringify(liveEvent.parse({ id: "1-1", ...event }))}\n\n`);
    this.#stream.next({ ok: true, status: 200, data } as FetchResponse<Uint8Array>);
  }

  tellOfLines(): void {
    this.tell({ type: "logs", topic: "logs", newest: String(this.lines.length), counts: {} });
  }

  #answer({ url }: BackendSrvRequest): Observable<FetchResponse> {
    const asked = new URL(url, "http://grafana/");
    const path = asked.pathname.split("/api/v1/")[1] ?? "";
    if (!path.endsWith("logs") && path !== "logs/counts") return throwError(() => ({ status: 404, data: null }));
    this.asked.push(asked);
    const unknown = [...asked.searchParams.keys()].filter((name) => !NAMES.has(name));
    if (unknown.length > 0) return throwError(() => ({ status: 400, data: { message: `unknown: ${unknown}` } }));
    if (this.refused !== null) return throwError(() => this.refused);
    const body = path === "logs/counts" ? this.#counts(asked.searchParams) : this.#page(asked.searchParams);
    const answer = of({ status: 200, data: JSON.stringify(body), headers: new Headers() } as FetchResponse);
    const isLate = asked.searchParams.has("before") && this.delayOlderMs > 0;
    return isLate ? answer.pipe(delay(this.delayOlderMs)) : answer;
  }

  #page(query: URLSearchParams): ApiLogs {
    const limit = Number(query.get("limit") ?? 100);
    if (!(limit >= 1 && limit <= 1000)) throw new Error(`a limit of ${limit} is refused`);
    const [after, before] = [Number(query.get("after") ?? 0), Number(query.get("before") ?? Number.POSITIVE_INFINITY)];
    const fitting = this.lines.filter((line) => fits(line, query));
    const isNew = query.has("after");
    const within = fitting.filter(({ id }) => Number(id) > after && Number(id) < before);
    const lines = isNew ? within.slice(0, limit) : within.slice(-limit);
    const last = isNew && lines.length === limit ? lines.at(-1)?.id : String(this.lines.length - this.overlap);
    return apiLogs.parse({
      ...{ asOf: Date.now(), lines, newest: last, places: this.places },
      older: !isNew && within.length > lines.length ? lines[0]?.id : null,
      nearest: lines.length === 0 ? this.nearest : null,
    });
  }

  #counts(query: URLSearchParams): unknown {
    const stepSeconds = Number(query.get("step"));
    const from = Date.now() - stepSeconds * 2000;
    const counts = { error: this.lines.filter(({ level }) => level === "error").length };
    return apiLogCounts.parse({ asOf: Date.now(), stepSeconds, buckets: [{ from, counts }] });
  }
}

function fits({ at, text, source, level, fields }: ApiLogLine, query: URLSearchParams): boolean {
  const [from, to] = [Number(query.get("from") ?? 0), Number(query.get("to") ?? Number.POSITIVE_INFINITY)];
  const who = query.get("who");
  return (
    at >= from &&
    at < to &&
    (query.get("q") ?? "").split(" ").every((word) => `${text} ${JSON.stringify(fields)}`.includes(word)) &&
    (who === null || who.split(" ").includes(source)) &&
    (query.get("level") !== "error" || level === "error" || level === "fatal")
  );
}
