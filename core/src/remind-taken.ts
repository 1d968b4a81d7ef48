import { page } from "./brakes/ring-again.ts";
import type { Ports } from "./command.ts";
import { silenceOf } from "./domain/asked-silence.ts";
import { isFailure } from "./domain/failure.ts";
import type { Incident } from "./domain/incident.ts";

const MINUTE_MS = 60_000;
/** So long after it was taken it is said again, and given back (ux section 2). P3 is in the digest of the morning. */
const REMIND_MS: Readonly<Partial<Record<Incident["criticality"], readonly [number, number]>>> = {
  P0: [10 * MINUTE_MS, 20 * MINUTE_MS],
  P1: [30 * MINUTE_MS, 60 * MINUTE_MS],
  P2: [240 * MINUTE_MS, 720 * MINUTE_MS],
};

type Deps = Pick<Ports, "incidents" | "reminders" | "askedSilences" | "pager" | "clock">;

/**
 * Says to whoever has an alert that still fires that it does, and gives it back the second time; then the phones ring again.
 * What is silenced is left alone. From the rows, so that a crash neither forgets nor repeats; one right after the phones rang
 * may let them ring twice.
 * @throws Failure "unavailable"
 */
export async function remindTaken(deps: Deps): Promise<void> {
  const { incidents, reminders, askedSilences, clock } = deps;
  if (reminders === undefined) return;
  const open = await incidents.open();
  const taken = open.filter(({ acknowledgedAt }) => acknowledgedAt !== null);
  const silences = taken.length === 0 ? [] : ((await askedSilences?.open()) ?? []);
  for (const incident of taken) {
    const { id, acknowledgedAt, criticality } = incident;
    const after = REMIND_MS[criticality];
    if (after === undefined || acknowledgedAt === null || silenceOf(incident, silences) !== null) continue;
    const [first, second] = after;
    const now = clock.now();
    const of = { incident: id, takenAt: acknowledgedAt, now, apartMs: second - first };
    if (now - acknowledgedAt >= first) await reminders.remind({ ...of, times: 1 });
    if (now - acknowledgedAt >= second) await reminders.remind({ ...of, times: 2 });
  }
  await ringForgotten(deps);
}

async function ringForgotten({ incidents, reminders, pager }: Deps): Promise<void> {
  let failed: unknown = null;
  for (const { id, incident, taker } of (await reminders?.unrung()) ?? []) {
    try {
      const row = await incidents.find(incident);
      // Whoever has taken it since, or its end, needs no phone.
      if (row?.state === "firing" && row.acknowledgedBy === null)
        await page(row, `${taker.name} had it and was reminded twice`, pager);
      await reminders?.markRung(id);
    } catch (error) {
      if (!isFailure(error)) throw error;
      failed = error;
    }
  }
  if (failed !== null) throw failed;
}
