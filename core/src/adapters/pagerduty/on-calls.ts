import { z } from "zod";
import { Failure, isFailure } from "../../domain/failure.ts";
import type { Clock } from "../../ports/clock.ts";
import type { OnCalls, OnCallTurn } from "../../ports/on-calls.ts";

const TIMEOUT_MS = 5_000;
/** Plans change seldom, and PagerDuty counts requests. */
const KEPT_MS = 60_000;
const PAGE = 100;
/** Of more turns nobody reads the list. */
const MOST_PAGES = 5;

// developer.pagerduty.com/api-reference, "List all of the on-calls"; the fields that are read.
const reference = z.object({ summary: z.string().nullable().optional() });
const answer = z.object({
  oncalls: z.array(
    z.object({
      ...{ user: reference, schedule: reference.nullable(), escalation_policy: reference },
      escalation_level: z.number().int(),
      end: z.iso.datetime({ offset: true }).nullable(),
    }),
  ),
  more: z.boolean(),
});
const refusal = z.object({ error: z.object({ message: z.string() }) });

interface Options {
  /** `https://api.pagerduty.com` */
  readonly url: string;
  /** Key of the REST API; one that may only read is enough. */
  readonly token: string;
  readonly clock: Clock;
}

/** Who is on call by PagerDuty's REST API, version 2; an answer is kept for a minute. */
export function openOnCalls({ url, token, clock }: Options): OnCalls {
  let known: { asOf: number; turns: OnCallTurn[] } | null = null;
  return {
    async now() {
      if (known !== null && clock.now() - known.asOf < KEPT_MS) return known;
      const asOf = clock.now();
      known = { asOf, turns: await readTurns(url, token) };
      return known;
    },
  };
}

async function readTurns(url: string, token: string): Promise<OnCallTurn[]> {
  const turns: OnCallTurn[] = [];
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { oncalls, more } = await readPage(`${url}/oncalls?limit=${PAGE}&offset=${page * PAGE}`, token);
    turns.push(...oncalls.map(toTurn));
    if (!more) break;
  }
  return turns.toSorted((one, other) => one.policy.localeCompare(other.policy) || one.level - other.level);
}

const toTurn = (one: z.infer<typeof answer>["oncalls"][number]): OnCallTurn => ({
  name: one.user.summary ?? "somebody",
  level: one.escalation_level,
  policy: one.escalation_policy.summary ?? "",
  schedule: one.schedule?.summary ?? null,
  until: one.end === null ? null : Date.parse(one.end),
});

async function readPage(address: string, token: string): Promise<z.infer<typeof answer>> {
  try {
    const response = await fetch(address, {
      headers: { authorization: `Token token=${token}`, accept: "application/vnd.pagerduty+json;version=2" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body: unknown = await response.json().catch(() => null);
    if (response.ok) return answer.parse(body);
    const why = refusal.safeParse(body);
    throw new Failure(
      "unavailable",
      `PagerDuty does not say who is on call: ${why.data?.error.message ?? `HTTP ${response.status}`}`,
    );
  } catch (error) {
    if (isFailure(error)) throw error;
    throw new Failure("unavailable", "PagerDuty does not say who is on call", { cause: error });
  }
}
