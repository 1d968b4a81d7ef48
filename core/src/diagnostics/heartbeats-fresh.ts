import { defineDiagnostic, failed, passed, skipped } from "../diagnostic.ts";
import { isAskable } from "../domain/foreign-verdict.ts";
import { ageSeconds, HEARTBEAT_DEADLINE_SECONDS } from "../domain/freshness.ts";
import { listed } from "../fleet-words.ts";

export default defineDiagnostic({
  name: "heartbeats-fresh",
  summary: "Every agent that should run has beaten within 15 s",
  suites: ["smoke", "full"],
  timeoutSeconds: 8,
  async run({ ports }) {
    const { agents } = await ports.registry.expected();
    const running = agents.filter(isAskable).map(({ id }) => id);
    if (running.length === 0) return skipped("no agent should run");
    const [now, presence] = await Promise.all([ports.bus.now(), ports.bus.readPresence(running)]);
    const age = (id: string): number => ageSeconds(presence.get(id)?.beat?.at ?? null, now);
    const stale = running.filter((id) => age(id) > HEARTBEAT_DEADLINE_SECONDS);
    const oldest = Math.max(...running.filter((id) => !stale.includes(id)).map(age), 0);
    if (stale.length === 0) return passed(`${running.length} beat, the oldest ${oldest.toFixed(1)} s ago`);
    return failed(`agent ${stale[0]}`, `${stale.length} of ${running.length} do not beat: ${listed(stale)}`);
  },
});
