import { z } from "zod";

// Long enough for the slowest start; a launcher that dies in between does not silence the fleet for longer.
const START_MINUTES = 5;
/** Until a rule has seen that the agents work: exporter 1 s, scrape 5 s, evaluation 5 s, and some air. */
const SETTLE_SECONDS = 15;

const created = z.object({ silenceID: z.string() });

/**
 * Silences the fleet while it starts: agents that were never there yet are no alarm.
 * @param alertmanager its address
 * @returns what ends the silence, as soon as the rules have seen the fleet at work
 */
export async function silenceStart(alertmanager: string, fleet: string): Promise<() => Promise<void>> {
  const startsAt = new Date();
  const silence = {
    matchers: [{ name: "fleet", value: fleet, isRegex: false, isEqual: true }],
    createdBy: "npm start",
    comment: "The stack is starting",
    startsAt: startsAt.toISOString(),
  };
  const { silenceID } = created.parse(
    await post(alertmanager, {
      ...silence,
      endsAt: new Date(startsAt.getTime() + START_MINUTES * 60_000).toISOString(),
    }),
  );
  return async () => {
    const endsAt = new Date(Date.now() + SETTLE_SECONDS * 1000).toISOString();
    await post(alertmanager, { ...silence, id: silenceID, endsAt });
  };
}

async function post(alertmanager: string, silence: unknown): Promise<unknown> {
  const response = await fetch(`${alertmanager}/api/v2/silences`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(silence),
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new Error(`Alertmanager refused a silence: ${response.status} ${await response.text()}`);
  return response.json();
}
