import type { WorkContext } from "../handler.ts";

const HOUR_MS = 3_600_000;
const HOURLY_LIMIT = 3000;
const used = new Map<string, { readonly hour: number; readonly calls: number }>();

/** Calls an outside API, which answers as real ones do: with its limit for each key, and what is left of it in this hour. */
export async function callApi(api: string, { publish, agent, calls, now }: WorkContext): Promise<void> {
  const hour = Math.floor(now() / HOUR_MS);
  const before = used.get(api);
  const made = (before?.hour === hour ? before.calls : 0) + 1;
  used.set(api, { hour, calls: made });
  const remaining = Math.max(0, HOURLY_LIMIT - made);
  calls.count(api, { limit: HOURLY_LIMIT, remaining, resetsAt: (hour + 1) * HOUR_MS });
  await publish("api.called", { api, by: agent });
}
