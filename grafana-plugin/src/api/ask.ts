import { getBackendSrv } from "@grafana/runtime";
import { firstValueFrom, timeout } from "rxjs";
import { learnTime } from "./clock.ts";
import { noteAnswer, noteSilence } from "./reach.ts";
import { type Refusal, readRefusal } from "./refusal.ts";
import { withoutDirections } from "./without-directions.ts";

/** Way to the control service through Grafana's proxy of this plugin. */
export const PROXY = "api/plugin-proxy/rollcall-fleet-app";

export interface Asked {
  readonly method?: "GET" | "POST";
  readonly body?: unknown;
  /** Idempotency-Key: the same wish asked again does nothing twice. */
  readonly key?: string;
  /** X-Request-Id: who asks knows by it what the live stream tells of this. */
  readonly requestId?: string | undefined;
  /** The service itself gives up after 15 s, and says so. */
  readonly withinMs?: number;
}

export interface Answered<T> {
  readonly status: number;
  readonly body: T;
  /** The service's clock when it answered, ms since the epoch; null if it did not say. */
  readonly at: number | null;
}

/**
 * Asks the control service.
 * @param path below the plugin's proxy: `api/v1/agents?limit=500`
 * @throws Refusal
 */
export async function askFully<T>(path: string, asked: Asked = {}): Promise<Answered<T>> {
  const { method = "GET", body, key, requestId, withinMs = 25_000 } = asked;
  try {
    const answer = await firstValueFrom(
      getBackendSrv()
        .fetch<string>({
          url: `${PROXY}/${path}`,
          method,
          showErrorAlert: false,
          showSuccessAlert: false,
          hideFromInspector: true,
          responseType: "text",
          ...(body === undefined ? {} : { data: body }),
          headers: {
            ...(key === undefined ? {} : { "Idempotency-Key": key }),
            ...(requestId === undefined ? {} : { "X-Request-Id": requestId }),
          },
        })
        .pipe(timeout(withinMs)),
    );
    noteAnswer();
    const content = parse(withoutDirections(answer.data)) as T;
    const at = timeOf(content, answer.headers);
    if (at?.isExact) learnTime(at.ms);
    return { status: answer.status, body: content, at: at?.ms ?? null };
  } catch (error) {
    throw refusalOf(error);
  }
}

/** @throws Refusal */
export async function ask<T>(path: string, asked: Asked = {}): Promise<T> {
  return (await askFully<T>(path, asked)).body;
}

function timeOf(body: unknown, headers: Headers | undefined): { ms: number; isExact: boolean } | null {
  if (typeof body === "object" && body !== null && "asOf" in body && typeof body.asOf === "number")
    return { ms: body.asOf, isExact: true };
  const date = Date.parse(headers?.get("date") ?? "");
  return Number.isNaN(date) ? null : { ms: date, isExact: false };
}

function refusalOf(error: unknown): Refusal {
  const { status, data } = readFetchError(error);
  const refusal = readRefusal(status, data);
  if (refusal.kind === "away") noteSilence();
  else noteAnswer();
  return refusal;
}

function readFetchError(error: unknown): { status: number; data: unknown } {
  if (typeof error !== "object" || error === null || !("status" in error) || typeof error.status !== "number")
    return { status: 0, data: null };
  const data = "data" in error ? error.data : null;
  return { status: error.status, data: typeof data === "string" ? parse(withoutDirections(data)) : data };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
