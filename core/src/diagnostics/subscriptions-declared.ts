import { defineDiagnostic, failed, passed, skipped } from "../diagnostic.ts";
import { listed } from "../fleet-words.ts";
import { compareSubscriptions, isBroken } from "../subscription-state.ts";

export default defineDiagnostic({
  name: "subscriptions-declared",
  summary: "Every declared subscription is there and read, and no group is there that nobody declared",
  suites: ["smoke", "full"],
  timeoutSeconds: 8,
  async run({ ports }) {
    const fleet = await ports.registry.expected();
    const { subscriptions, undeclared, idlePatterns } = compareSubscriptions(
      fleet,
      await ports.events.readSubscriptions(fleet.topics),
    );
    if (subscriptions.length + undeclared.length === 0) return skipped("no agent declares a subscription");
    const idle = idlePatterns.map(({ agent, pattern }) => `${agent} ${pattern}`);
    const rest = idle.length === 0 ? [] : [`patterns that fit no topic: ${listed(idle)}`];
    const broken = subscriptions.filter(isBroken);
    const words = [
      ...broken.map(({ agent, pattern, topic, state }) =>
        state === "dead" ? `${agent.id} does not read ${pattern} on ${topic}` : `${agent.id} has no group on ${topic}`,
      ),
      ...undeclared.map(({ topic, group }) => `nobody declared the group ${group.name} on ${topic}`),
    ];
    if (words.length === 0) return passed(`${subscriptions.length} subscriptions as declared`, ...rest);
    return failed(broken[0] === undefined ? "bus subs" : `agent ${broken[0].agent.id}`, listed(words), ...rest);
  },
});
