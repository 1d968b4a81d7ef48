import type { Ports } from "../command.ts";
import { type AskedSilence, agentsOfSilence, isMutedBy, silenceOf } from "../domain/asked-silence.ts";
import { isFailure } from "../domain/failure.ts";
import { type Incident, isMeasured } from "../domain/incident.ts";
import type { Publications } from "../ports/publications.ts";
import { dedupKeyOf } from "../take-incident.ts";
import { BY_SILENCING } from "./run-silence.ts";

type Deps = Pick<Ports, "askedSilences" | "silences" | "incidents" | "pager" | "clock"> & {
  readonly publications: Pick<Publications, "want">;
};

/** So long an Alertmanager that is away is asked what still fires; then whatever was told of and has not ended does. */
const ASK_MS = 60_000;

/**
 * What still fires when a silence is over is told again: Alertmanager has told of it before, so it says nothing for hours. It is
 * given back if it was taken by being silenced, said in its thread, and the phones ring again. From the rows, so that a crash
 * forgets none; one right after the phones rang may let them ring twice.
 * @throws Failure "unavailable"; the others have been looked at by then
 */
export async function ringAgain(deps: Deps): Promise<void> {
  const { askedSilences } = deps;
  const ended = (await askedSilences?.untold()) ?? [];
  if (ended.length === 0) return;
  const holding = (await askedSilences?.open()) ?? [];
  let failed: unknown = null;
  for (const silence of ended) {
    try {
      for (const incident of await stillFiring(silence, holding, deps)) await tellAgain(incident, silence, deps);
      await askedSilences?.markTold(silence.id);
    } catch (error) {
      if (!isFailure(error)) throw error;
      failed = error;
    }
  }
  if (failed !== null) throw failed;
}

/** Incidents in which something fires that it muted, and that are not quiet by another silence. */
async function stillFiring(
  silence: AskedSilence,
  holding: readonly AskedSilence[],
  { incidents, silences, clock }: Deps,
): Promise<Incident[]> {
  const open = await incidents.open();
  const muted = open.filter(
    (incident) =>
      incident.alerts.some((alert) => alert.firing && isMutedBy(alert, silence)) &&
      silenceOf(incident, holding) === null,
  );
  if (muted.length === 0) return [];
  try {
    const active = (await silences?.firing(agentsOfSilence(silence))) ?? [];
    // Of what has ended while it was muted nobody is told; `closeUntold` ends it.
    const isActive = (alert: { agent: string | null; alertname: string }): boolean =>
      active.some(({ agent, alertname }) => agent === alert.agent && alertname === alert.alertname);
    return muted.filter(({ alerts }) =>
      alerts.some((alert) => alert.firing && isMutedBy(alert, silence) && isActive(alert)),
    );
  } catch (error) {
    if (!isFailure(error) || clock.now() - (silence.endedAt ?? 0) < ASK_MS) throw error;
    return muted;
  }
}

async function tellAgain(
  incident: Incident,
  silence: AskedSilence,
  { incidents, pager, publications }: Deps,
): Promise<void> {
  await publications.want(`${incident.id}:${silence.id}:again`, 1);
  const { acknowledgedBy, acknowledgedHow } = incident;
  // Whoever took it before it was silenced has it still, and is mentioned.
  if (acknowledgedBy !== null && acknowledgedHow !== BY_SILENCING) return;
  await incidents.giveBack(incident.id, { how: BY_SILENCING });
  await page(incident, `silence ${silence.id} has ended`, pager);
}

/** Rings the phones anew for what rang them first. @throws Failure "unavailable" */
export async function page(incident: Incident, why: string, pager: Ports["pager"]): Promise<void> {
  const { criticality, alerts, alertname } = incident;
  // What somebody opened by hand has rung nobody, and is known to them.
  if (!isMeasured(incident) || (criticality !== "P0" && criticality !== "P1")) return;
  const firing = alerts.find((alert) => alert.firing) ?? alerts[0];
  const what = firing?.annotations.summary ?? alertname;
  await pager.ringAgain(dedupKeyOf(incident), {
    summary: `${criticality} ${what}: it still fires, ${why}`.slice(0, 1000),
    source: `rollcall ${firing?.labels.fleet ?? ""}`.trim(),
    severity: "critical",
  });
}
