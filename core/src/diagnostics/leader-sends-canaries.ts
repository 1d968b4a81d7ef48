import { defineDiagnostic, failed, passed } from "../diagnostic.ts";
import { ageSeconds, CANARY_ROUND_DEADLINE_SECONDS } from "../domain/freshness.ts";

export default defineDiagnostic({
  name: "leader-sends-canaries",
  summary: "A control service leads and sends canaries every 15 s",
  suites: ["smoke", "full"],
  timeoutSeconds: 5,
  async run({ ports }) {
    const [round, now] = await Promise.all([ports.bus.readCanaryRound(), ports.bus.now()]);
    if (round === null) return failed("status", "no canary was ever sent");
    const words = `the last round went out ${ageSeconds(round, now).toFixed(0)} s ago`;
    return ageSeconds(round, now) > CANARY_ROUND_DEADLINE_SECONDS ? failed("status", words) : passed(words);
  },
});
