import { defineDiagnostic, failed, passed } from "../diagnostic.ts";

/** Deadlines of control messages are a few seconds long. */
const MOST_MS = 2000;

export default defineDiagnostic({
  name: "clocks-agree",
  summary: "The clocks of PostgreSQL, of Redis and of this host agree within 2 s",
  suites: ["smoke", "full"],
  timeoutSeconds: 5,
  async run({ ports }) {
    const before = ports.clock.now();
    const there = await ports.bus.now();
    const after = ports.clock.now();
    // What the answer was on its way is no difference.
    const apart = Math.max(0, before - there, there - after);
    const skew = ports.clock.skewMs?.() ?? 0;
    const words = `Redis ${seconds(apart)} apart, this host ${seconds(Math.abs(skew))} ${skew < 0 ? "behind" : "ahead"}`;
    return Math.max(apart, Math.abs(skew)) > MOST_MS ? failed("timedatectl status", words) : passed(words);
  },
});

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
