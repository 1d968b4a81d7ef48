import { defineDiagnostic, failed, passed } from "../diagnostic.ts";
import { listed } from "../fleet-words.ts";

export default defineDiagnostic({
  name: "fleet-published",
  summary: "Redis holds the list of agents that this service expects",
  suites: ["smoke", "full"],
  timeoutSeconds: 8,
  async run({ ports }) {
    const [expected, published] = await Promise.all([ports.registry.expected(), ports.bus.readFleet()]);
    if (published === null) return failed("status", "Redis holds no list of agents");
    const theirs = new Map(published.agents.map((agent) => [agent.id, agent.desired.state]));
    const ours = new Map(expected.agents.map((agent) => [agent.id, agent.desired.state]));
    const differ = [...new Set([...theirs.keys(), ...ours.keys()])].filter((id) => theirs.get(id) !== ours.get(id));
    if (differ.length > 0) return failed("agents", `Redis has another state of ${listed(differ)}`);
    return passed(`${expected.agents.length} agents, version ${published.version}`);
  },
});
