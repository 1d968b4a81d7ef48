import { defineDiagnostic, failed, passed } from "../diagnostic.ts";
import { listed } from "../fleet-words.ts";

export default defineDiagnostic({
  name: "heartbeats-genuine",
  summary: "No heartbeat was written by anybody but its agent",
  suites: ["smoke", "full"],
  timeoutSeconds: 8,
  async run({ ports }) {
    const { agents } = await ports.registry.expected();
    const presence = await ports.bus.readPresence(agents.map(({ id }) => id));
    const forged = [...presence].filter(([, one]) => one.forged).map(([id]) => id);
    if (forged.length === 0) return passed(`${presence.size} looked at, none forged or going back`);
    return failed(`agent ${forged[0]}`, `forged or going back: ${listed(forged)}`);
  },
});
