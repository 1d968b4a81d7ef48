import { defineDiagnostic, failed, passed } from "../diagnostic.ts";
import { ageSeconds } from "../domain/freshness.ts";
import { listed } from "../fleet-words.ts";
import { nameOf } from "../incidents/incident-words.ts";

const MOST_MINUTES = 15;

export default defineDiagnostic({
  name: "alerts-taken",
  summary: "No critical alert has waited for somebody for more than 15 min",
  suites: ["full"],
  timeoutSeconds: 5,
  async run({ ports }) {
    const now = ports.clock.now();
    const open = await ports.incidents.open();
    const waiting = open.filter(
      ({ criticality, acknowledgedAt, openedAt }) =>
        (criticality === "P0" || criticality === "P1") &&
        acknowledgedAt === null &&
        ageSeconds(openedAt, now) > MOST_MINUTES * 60,
    );
    if (waiting.length === 0) return passed(`${open.length} open, none of them forgotten`);
    const words = waiting.map((incident) => `${incident.id} ${nameOf(incident)}`);
    return failed(`ack ${waiting[0]?.id}`, `nobody has taken ${listed(words)}`);
  },
});
