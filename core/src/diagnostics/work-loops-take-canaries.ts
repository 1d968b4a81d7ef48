import { durationWords } from "../ask-agents.ts";
import { defineDiagnostic, failed, passed, skipped } from "../diagnostic.ts";
import { isAskable } from "../domain/foreign-verdict.ts";
import { listed } from "../fleet-words.ts";
import { takeRoll } from "../take-roll.ts";

export default defineDiagnostic({
  name: "work-loops-take-canaries",
  summary: "The work loop of every agent that should run takes a canary, or is busy for no longer than usual (rung 4)",
  suites: ["smoke", "full"],
  timeoutSeconds: 15,
  async run({ ports }) {
    const { agents } = await ports.registry.expected();
    const running = agents.filter(isAskable);
    if (running.length === 0) return skipped("no agent should run");
    const roll = await takeRoll(ports, running);
    const idle = roll.agents.filter(({ judgement }) => judgement.rung === null || judgement.rung < 4);
    const problems = [...roll.problems];
    if (idle.length === 0 && problems.length === 0)
      return passed(`${running.length} work, proven in ${durationWords(roll.tookMs)}`);
    const words = idle.map(({ expected, judgement }) => `${expected.id} ${judgement.verdict}`);
    const next = idle[0] === undefined ? "roll-call" : `agent ${idle[0].expected.id}`;
    return failed(next, `${idle.length} of ${running.length} do not work: ${listed(words)}`, ...problems);
  },
});
