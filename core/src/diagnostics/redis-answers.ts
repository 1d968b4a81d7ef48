import { durationWords } from "../ask-agents.ts";
import { defineDiagnostic, failed, passed } from "../diagnostic.ts";

/** Agents beat every 5 s and people wait for 3 s: an answer that takes longer than this is as good as an outage. */
const SLOW_MS = 1000;

export default defineDiagnostic({
  name: "redis-answers",
  summary: "Redis answers within a second",
  suites: ["smoke", "full"],
  timeoutSeconds: 5,
  async run({ ports }) {
    const askedAt = performance.now();
    await ports.bus.now();
    const took = performance.now() - askedAt;
    const words = `answered in ${durationWords(took)}`;
    return took > SLOW_MS ? failed("status", words) : passed(words);
  },
});
