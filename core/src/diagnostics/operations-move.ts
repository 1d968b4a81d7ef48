import { defineDiagnostic, failed, passed } from "../diagnostic.ts";
import { ageSeconds } from "../domain/freshness.ts";
import { listed } from "../fleet-words.ts";

/** Longer than a command waits for anything that is away. */
const MOST_MINUTES = 15;

export default defineDiagnostic({
  name: "operations-move",
  summary: "No command has been under way for more than 15 min",
  suites: ["full"],
  timeoutSeconds: 5,
  async run({ ports, operation }) {
    const now = ports.clock.now();
    const others = (await ports.operations.list({ running: true, limit: 100 })).filter(({ id }) => id !== operation.id);
    const stuck = others.filter(({ createdAt }) => ageSeconds(createdAt, now) > MOST_MINUTES * 60);
    if (stuck.length === 0) return passed(`${others.length} others are under way`);
    return failed("status", `under way for too long: ${listed(stuck.map(({ id, command }) => `${id} ${command}`))}`);
  },
});
