import { defineDiagnostic, failed, passed, skipped } from "../diagnostic.ts";
import { listed } from "../fleet-words.ts";

const MOST_WAITING = 1000;

export default defineDiagnostic({
  name: "backlog-bounded",
  summary: "No subscription has more than 1000 events waiting",
  suites: ["smoke", "full"],
  timeoutSeconds: 8,
  async run({ ports }) {
    const { agents } = await ports.registry.expected();
    const running = agents.filter(({ desired }) => desired.state === "running");
    const waiting = (await Promise.all(running.map(({ id }) => ports.bus.readWaiting(id)))).flat();
    const measured = waiting.flatMap(({ group, topic, lag, pending }) =>
      lag === null ? [] : [{ group, name: `${group} on ${topic}`, count: lag + pending }],
    );
    if (measured.length === 0) return skipped("Redis cannot tell how much waits on any subscription");
    const unknown = waiting.length - measured.length;
    const rest = unknown === 0 ? [] : [`${unknown} of ${waiting.length} subscriptions cannot be measured`];
    const behind = measured.filter(({ count }) => count > MOST_WAITING).toSorted((a, b) => b.count - a.count);
    const most = Math.max(...measured.map(({ count }) => count));
    if (behind.length === 0) return passed(`${measured.length} subscriptions, at most ${most} waiting`, ...rest);
    const words = listed(behind.map(({ name, count }) => `${name} ${count}`));
    return failed(`agent ${behind[0]?.group}`, `more than ${MOST_WAITING} wait: ${words}`, ...rest);
  },
});
