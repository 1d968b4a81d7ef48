import { z } from "zod";
import { Failure } from "../../domain/failure.ts";
import { addressOf } from "./address.ts";

const TIMEOUT_MS = 5_000;
/** 500 points of 50 lines are about 1 MB. */
const MOST_BYTES = 4 * 1024 * 1024;

/** One number that Prometheus gave; NaN and infinities are null. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | null;
}

/** One line over time; a moment that has no value is left out. */
export interface Line {
  readonly labels: Readonly<Record<string, string>>;
  /** By moment in ms. */
  readonly points: ReadonlyMap<number, number>;
}

export interface Prometheus {
  /** @throws Failure "unavailable" */
  instant(query: string, at: number): Promise<Sample[]>;
  /** @param times in ms, the step in seconds @throws Failure "unavailable" */
  range(query: string, times: { from: number; to: number; stepSeconds: number }): Promise<Line[]>;
  /** What it knows of itself, in its own form. @throws Failure "unavailable" */
  about(what: "rules" | "targets" | "alertmanagers"): Promise<unknown>;
  /** @throws Failure "unavailable" if it is not ready */
  check(): Promise<null>;
}

const labels = z.record(z.string(), z.string());
const pair = z.tuple([z.number(), z.string()]);
const answered = z.discriminatedUnion("resultType", [
  z.object({ resultType: z.literal("vector"), result: z.array(z.object({ metric: labels, value: pair })) }),
  z.object({ resultType: z.literal("matrix"), result: z.array(z.object({ metric: labels, values: z.array(pair) })) }),
]);
const envelope = z.object({
  status: z.enum(["success", "error"]),
  data: z.unknown().optional(),
  error: z.string().optional(),
});

/** Prometheus's HTTP API. Each call has 5 s, follows no redirect and takes 4 MB at most. @param url may hold user and password */
export function connectPrometheus(url: string): Prometheus {
  const { base, headers } = addressOf(url);
  const ask = (path: string, form: Record<string, string>): Promise<z.infer<typeof answered>> =>
    post(`${base}/api/v1/${path}`, { headers, form });
  const about = (what: string): Promise<unknown> => dataOf(`${base}/api/v1/${what}`, { headers });
  return {
    async instant(query, at) {
      const data = await ask("query", { query, time: seconds(at), timeout: "4s" });
      if (data.resultType !== "vector") throw strange("a matrix for one moment");
      return data.result.map(({ metric, value }) => ({ labels: metric, value: finite(value[1]) }));
    },
    async range(query, { from, to, stepSeconds }) {
      const times = { start: seconds(from), end: seconds(to), step: `${stepSeconds}` };
      const data = await ask("query_range", { query, ...times, timeout: "4s" });
      if (data.resultType !== "matrix") throw strange("a vector for a stretch of time");
      return data.result.map(({ metric, values }) => ({ labels: metric, points: pointsOf(values) }));
    },
    about,
    async check() {
      const answer = await send(`${base}/-/ready`, { headers });
      await answer.body?.cancel();
      if (!answer.ok) throw new Failure("unavailable", `Prometheus is not ready: it answered ${answer.status}`);
      return null;
    },
  };
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

function finite(text: string): number | null {
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

function pointsOf(values: readonly (readonly [number, string])[]): Map<number, number> {
  const known = values.map(([at, text]) => [Math.round(at * 1000), finite(text)] as const);
  return new Map(known.filter((point): point is readonly [number, number] => point[1] !== null));
}

interface Call {
  readonly headers: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
}

async function post(url: string, call: Call): Promise<z.infer<typeof answered>> {
  const known = answered.safeParse(await dataOf(url, call));
  if (!known.success) throw strange("a kind of result that is not known here");
  return known.data;
}

async function dataOf(url: string, call: Call): Promise<unknown> {
  const answer = await send(url, call);
  const parsed = envelope.safeParse(asJson(await textOf(answer)));
  if (!parsed.success) throw strange(`${answer.status} and no answer of its API`);
  const { status, data, error } = parsed.data;
  if (status === "error") throw new Failure("unavailable", `Prometheus answered ${answer.status}: ${shorten(error)}`);
  return data;
}

const shorten = (text = "no reason"): string => text.slice(0, 200);
const strange = (what: string): Failure => new Failure("unavailable", `Prometheus answered ${what}`);

async function send(url: string, { headers, form }: Call): Promise<Response> {
  try {
    return await fetch(url, {
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers,
      ...(form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) }),
    });
  } catch (cause) {
    throw new Failure("unavailable", "Prometheus does not answer", { cause, next: NEXT });
  }
}

const NEXT = "npm run status shows whether it runs; PROMETHEUS_URL says where it is looked for.";

/** The time limit of the call holds for its body too. */
async function textOf(answer: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const part of answer.body ?? []) {
      bytes += part.byteLength;
      if (bytes > MOST_BYTES) throw strange(`more than ${MOST_BYTES / 1024 / 1024} MB`);
      parts.push(part);
    }
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure("unavailable", "Prometheus does not answer to the end", { cause, next: NEXT });
  }
  return Buffer.concat(parts).toString();
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
