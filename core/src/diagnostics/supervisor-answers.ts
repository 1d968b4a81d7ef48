import { durationWords } from "../ask-agents.ts";
import { defineDiagnostic, passed } from "../diagnostic.ts";

export default defineDiagnostic({
  name: "supervisor-answers",
  summary: "The supervisor of the agents answers",
  suites: ["smoke", "full"],
  timeoutSeconds: 5,
  async run({ ports }) {
    const askedAt = performance.now();
    const processes = await ports.supervisor.list();
    return passed(`knows ${processes.length} processes, answered in ${durationWords(performance.now() - askedAt)}`);
  },
});
