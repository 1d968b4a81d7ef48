import { z } from "zod";
import type { FoundSilence, MutedAlerts, WantedSilence } from "../../domain/silence.ts";
import type { Silences } from "../../ports/silences.ts";
import { openAlertmanager, read, refused } from "./client.ts";

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

/** Silences of Alertmanager's API, version 2. */
export function openSilences({ url, fleet }: Options): Silences {
  const ask = openAlertmanager(url);
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
  const [, key] = /^((?:op|mw|sil)-\d+(?:\/[a-z0-9-]+)?): /.exec(comment) ?? [];
  const agents = matchers.find(({ name }) => name === "agent")?.value.split("|");
  if (key === undefined || agents === undefined) return [];
  const muted = toMuted(matchers.filter(({ name }) => name === "alertname"));
  return [{ id, key, agents, alerts: muted, startsAt: Date.parse(startsAt), endsAt: Date.parse(endsAt) }];
}

function toMuted(matchers: readonly z.infer<typeof matcher>[]): MutedAlerts {
  const only = matchers.find(({ isEqual }) => isEqual);
  return only === undefined ? { except: matchers.map(({ value }) => value) } : { only: only.value.split("|") };
}
