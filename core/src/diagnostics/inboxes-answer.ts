import { askAgents, durationWords } from "../ask-agents.ts";
import { defineDiagnostic, failed, passed, skipped } from "../diagnostic.ts";
import { isAskable } from "../domain/foreign-verdict.ts";
import { listed } from "../fleet-words.ts";

const WAIT_MS = 2000;

export default defineDiagnostic({
  name: "inboxes-answer",
  summary: "Every agent that should run answers an echo within 2 s (rung 3)",
  suites: ["smoke", "full"],
  timeoutSeconds: 10,
  async run({ ports }) {
    const { fleet, agents } = await ports.registry.expected();
    const running = agents.filter(isAskable).map(({ id }) => id);
    if (running.length === 0) return skipped("no agent should run");
    const question = { fleet, kind: "echo", agents: running, epoch: null, timeoutMs: WAIT_MS } as const;
    const { took } = await askAgents(ports.bus, question);
    const silent = running.filter((id) => !took.has(id));
    if (silent.length === 0)
      return passed(`${running.length} answered, the slowest in ${durationWords(Math.max(...took.values()))}`);
    return failed(`agent ${silent[0]}`, `${silent.length} of ${running.length} do not answer: ${listed(silent)}`);
  },
});
