import { z } from "zod";
import { defineCommand } from "../command.ts";
import { Failure, isFailure } from "../domain/failure.ts";
import { agentData, agentLine, asOf, lookAction, tallyOf, workHeadline } from "../fleet-report.ts";
import { countsLine, sickFirst } from "../fleet-words.ts";
import { type FleetSight, observeFleet } from "../observe-fleet.ts";
import type { ExpectedAgent } from "../protocol.ts";
import { selectAgents, who } from "../selector.ts";

const input = z.strictObject({
  who,
  page: z.number().int().min(1).max(10_000).default(1).describe("Page of 10 agents, sick first"),
});
const PAGE = 10;

export default defineCommand({
  name: "agents",
  aliases: ["ls", "ps"],
  kind: "read",
  summary: "List agents, sick first",
  role: "viewer",
  danger: 0,
  input,
  words: ["who"],
  examples: ["agents", "agents owner=payments", "agents health=critical", "agents stock --page 1"],
  async run(raw, { ports }) {
    const { who: words, page } = input.parse(raw);
    const view = await observeFleet(ports, await findAgents(words, ports));
    const pages = Math.max(1, Math.ceil(view.agents.length / PAGE));
    if (page > pages) {
      throw new Failure("invalid_input", `There is no page ${page}; the list has ${pages}.`, { found: String(page) });
    }
    const shown = sickFirst(view.agents).slice((page - 1) * PAGE, page * PAGE);
    const next = page < pages ? [lookAction("Next 10", "agents", { who: words, page: page + 1 })] : [];
    const flag = page > 1 ? ["--page", String(page)] : [];
    return {
      headline: view.agents.length === 0 ? "*No agent fits*" : workHeadline(tallyOf(view), view.problems),
      context: [countsLine(view), ...(pages > 1 ? [`page ${page} of ${pages}`] : []), asOf(view)].join(" · "),
      lines: shown.map((seen) => {
        const { criticality, group } = seen.expected;
        const doing = seen.beat === null || seen.judgement.rung === 0 ? [] : [seen.beat.activity];
        return [agentLine(seen), ...doing, criticality, group].join(" · ");
      }),
      fields: [],
      actions: [...next, lookAction("Roll call", "roll-call", { who: words })],
      sameAs: ["same as /fleet agents", ...words, ...flag].join(" "),
      data: { at: view.at, problems: view.problems, page, pages, agents: shown.map(agentData) },
    };
  },
});

/** Words that are no selector are looked for in what agents are called and do. */
async function findAgents(words: readonly string[], sight: FleetSight): Promise<readonly ExpectedAgent[]> {
  try {
    return await selectAgents(words, sight, { verb: "List", isChange: false });
  } catch (error) {
    const isText = words.length > 0 && words.every((word) => /^[^@!=*]+$/.test(word));
    if (!isText || !isFailure(error) || error.code !== "unknown_agent") throw error;
    const text = words.join(" ").toLowerCase();
    const { agents } = await sight.registry.expected();
    const found = agents.filter(({ id, does }) => `${id} ${does}`.toLowerCase().includes(text));
    if (found.length === 0) throw error;
    return found;
  }
}
