import { z } from "zod";
import { Failure } from "../../domain/failure.ts";
import type { FoundSilence, MutedAlerts, WantedSilence } from "../../domain/silence.ts";
import type { Silences } from "../../ports/silences.ts";
import { addressOf } from "../prometheus/address.ts";

const TIMEOUT_MS = 3_000;
/** By whom Alertmanager says a silence was made; others are nobody's business here. */
const OWNER = "rollcall";

const matcher = z.object({
  name: z.string(),
  value: z.string(),
  isRegex: z.boolean(),
  isEqual: z.boolean().default(true),
});
const silences = z.array(
  z.object({
    id: z.string(),
    status: z.object({ state: z.enum(["active", "pending", "expired"]) }),
    ...{ createdBy: z.string(), comment: z.string(), startsAt: z.iso.datetime({ offset: true }) },
    ...{ endsAt: z.iso.datetime({ offset: true }), matchers: z.array(matcher) },
  }),
);
const created = z.object({ silenceID: z.string() });
const alerts = z.array(
  z.object({
    labels: z.record(z.string(), z.string()),
    status: z.object({ silencedBy: z.array(z.string()).nullable().default([]) }),
  }),
);

interface Options {
  /** `http://127.0.0.1:9093`; may hold user and password. */
  readonly url: string;
  /** Only alerts of this fleet are muted. */
  readonly fleet: string;
}

/** Silences of Alertmanager's API, version 2. Each call has 3 s and follows no redirect. */
export function openSilences({ url, fleet }: Options): Silences {
  const { base, headers } = addressOf(url);
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    send(`${base}/api/v2${path}`, { ...init, headers: { ...headers, "content-type": "application/json" } });
  const filter = (name: string, value: string): string => `filter=${encodeURIComponent(`${name}${value}`)}`;
  const put: Silences["put"] = async (silence, now, found) => {
    const body = JSON.stringify(bodyOf(silence, { fleet, now, found }));
    const answer = await ask("/silences", { method: "POST", body });
    // Alertmanager has forgotten it, as after a restart without its data.
    if (answer.status === 404 && found !== undefined) return await put(silence, now);
    return (await read(answer, created)).silenceID;
  };
  return {
    put,
    async list() {
      const found = await read(await ask(`/silences?${filter("fleet", `="${fleet}"`)}`), silences);
      return found.filter((one) => one.createdBy === OWNER && one.status.state !== "expired").flatMap(toFound);
    },
    async end(id) {
      const answer = await ask(`/silence/${encodeURIComponent(id)}`, { method: "DELETE" });
      const text = await answer.text();
      // 0.25 answers 500 for one that has ended, or that it has forgotten.
      if (!answer.ok && !/already expired|not found/.test(text)) throw refused(answer.status, text);
    },
    async firing(agents) {
      const path = `/alerts?inhibited=true&${filter("fleet", `="${fleet}"`)}&${filter("agent", `=~"${oneOf(agents)}"`)}`;
      const found = await read(await ask(path), alerts);
      return found.map(({ labels, status }) => ({
        alertname: labels.alertname ?? "",
        agent: labels.agent ?? "",
        silencedBy: status.silencedBy ?? [],
      }));
    },
  };
}

/** Ids and alert names are letters, digits, `-` and `_`: nothing in them is an operator of a regular expression. */
const oneOf = (names: readonly string[]): string => names.map((name) => name.replaceAll(/[^\w-]/g, ".")).join("|");

function bodyOf(
  { key, agents, alerts: muted, until, renewedForMs, why }: WantedSilence,
  { fleet, now, found }: { fleet: string; now: number; found: FoundSilence | undefined },
) {
  const matchers = [
    { name: "fleet", value: fleet, isRegex: false, isEqual: true },
    { name: "agent", value: oneOf(agents), isRegex: true, isEqual: true },
    ...("only" in muted
      ? [{ name: "alertname", value: oneOf(muted.only), isRegex: true, isEqual: true }]
      : // Alertmanager takes no expression that fits nothing.
        muted.except.map((name) => ({ name: "alertname", value: name, isRegex: false, isEqual: false }))),
  ];
  const endsAt = Math.min(until, renewedForMs === null ? until : now + renewedForMs);
  return {
    ...(found === undefined ? {} : { id: found.id }),
    ...{ matchers, createdBy: OWNER, comment: `${key}: ${why}` },
    // Of one that has begun the start must stay, or Alertmanager makes another one of it.
    startsAt: new Date(found?.startsAt ?? now).toISOString(),
    endsAt: new Date(endsAt).toISOString(),
  };
}

/** One that was changed by hand into something else is none of ours any more. */
function toFound({ id, comment, startsAt, endsAt, matchers }: z.infer<typeof silences>[number]): FoundSilence[] {
  const [, key] = /^((?:op|mw)-\d+(?:\/[a-z0-9-]+)?): /.exec(comment) ?? [];
  const agents = matchers.find(({ name }) => name === "agent")?.value.split("|");
  if (key === undefined || agents === undefined) return [];
  const muted = toMuted(matchers.filter(({ name }) => name === "alertname"));
  return [{ id, key, agents, alerts: muted, startsAt: Date.parse(startsAt), endsAt: Date.parse(endsAt) }];
}

function toMuted(matchers: readonly z.infer<typeof matcher>[]): MutedAlerts {
  const only = matchers.find(({ isEqual }) => isEqual);
  return only === undefined ? { except: matchers.map(({ value }) => value) } : { only: only.value.split("|") };
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (cause) {
    throw new Failure("unavailable", "Alertmanager does not answer", { cause, next: NEXT });
  }
}

const NEXT = "npm run status shows whether it runs; ALERTMANAGER_URL says where it is looked for.";

async function read<Form>(answer: Response, form: z.ZodType<Form>): Promise<Form> {
  let text: string;
  try {
    text = await answer.text();
  } catch (cause) {
    throw new Failure("unavailable", "Alertmanager does not answer to the end", { cause, next: NEXT });
  }
  if (!answer.ok) throw refused(answer.status, text);
  const parsed = form.safeParse(asJson(text));
  if (!parsed.success) throw new Failure("unavailable", "Alertmanager answered in a form that is not known here");
  return parsed.data;
}

const refused = (status: number, text: string): Failure =>
  new Failure("unavailable", `Alertmanager answered ${status}: ${text.trim().slice(0, 200)}`);

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
