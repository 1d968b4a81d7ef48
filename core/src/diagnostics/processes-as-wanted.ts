import { defineDiagnostic, failed, passed } from "../diagnostic.ts";
import { listed } from "../fleet-words.ts";

export default defineDiagnostic({
  name: "processes-as-wanted",
  summary: "Agents that should run have a process, and those that were stopped have none",
  suites: ["smoke", "full"],
  timeoutSeconds: 8,
  async run({ ports }) {
    const [{ agents }, processes] = await Promise.all([ports.registry.expected(), ports.supervisor.list()]);
    const states = new Map(processes.map(({ agent, state }) => [agent, state]));
    const ids = (wanted: string, found: string): string[] =>
      agents.filter(({ id, desired }) => desired.state === wanted && states.get(id) === found).map(({ id }) => id);
    const down = ids("running", "exited");
    const up = ids("stopped", "running");
    if (down.length + up.length === 0) return passed(`${agents.length} agents are as they should be`);
    return failed(
      down.length > 0 ? `start ${down[0]}` : `stop ${up[0]}`,
      ...(down.length > 0 ? [`should run and have ended: ${listed(down)}`] : []),
      ...(up.length > 0 ? [`were stopped and run: ${listed(up)}`] : []),
    );
  },
});
