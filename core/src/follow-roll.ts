import type { ReadContext } from "./command.ts";
import { provableRung } from "./domain/foreign-verdict.ts";
import { agentLine, tallyOf } from "./fleet-report.ts";
import { counted, listed, sickFirst } from "./fleet-words.ts";
import type { SeenAgent } from "./observe-fleet.ts";
import type { Roll, RollSoFar } from "./take-roll.ts";

/** One event carries so many verdicts: 22 at once, and of 10,000 no more than a stream takes in one piece. */
const MOST_ROWS = 500;
const MOST_NAMED = 20;
const MOST_LINES = 5;

interface Called {
  readonly who: readonly string[];
  readonly begunAt: number;
}

/** Tells those who follow a roll call what it finds, as it finds it: each verdict once, and again only if it changes. */
export function followRoll({ who, begunAt }: Called, context: ReadContext) {
  const { ports, actor, requestId = "" } = context;
  const told = new Map<string, string>();
  const tell = (
    agents: readonly SeenAgent[],
    rest: { called: number; waitingFor: readonly string[]; isOver: boolean },
  ) => {
    const fresh = sickFirst(agents.filter((seen) => told.get(seen.expected.id) !== wordsOf(seen)));
    for (const seen of fresh) told.set(seen.expected.id, wordsOf(seen));
    ports.rollWatch?.tell({
      ...{ requestId, who: [...who], by: actor.name, isOver: rest.isOver, called: rest.called },
      tookMs: Math.round(performance.now() - begunAt),
      known: rest.called - rest.waitingFor.length,
      waitingFor: rest.waitingFor.slice(0, MOST_NAMED),
      agents: fresh.slice(0, MOST_ROWS).map(rowOf),
      left: Math.max(0, fresh.length - MOST_ROWS),
    });
  };
  return {
    /** What stands before everybody has answered. */
    soFar({ view, waitingFor }: RollSoFar): void {
      const waited = new Set(waitingFor);
      const known = view.agents.filter(({ expected }) => !waited.has(expected.id));
      tell(known, { called: view.agents.length, waitingFor, isOver: false });
      context.tell?.(interimReport(known, waitingFor, view.agents.length));
    },
    over: (roll: Roll): void => tell(roll.agents, { called: roll.agents.length, waitingFor: [], isOver: true }),
  };
}

/** "⏳ *19 of 22 have answered* — waiting for billing, invoices and 1 more", and who is sick for all that is known. */
function interimReport(known: readonly SeenAgent[], waitingFor: readonly string[], called: number) {
  const { sick } = tallyOf({ agents: known });
  const more = sick.length - MOST_LINES;
  return {
    headline: `⏳ *${known.length} of ${counted(called, "agent")} known* — waiting for ${listed(waitingFor, 3)}`,
    context: null,
    lines: [...sick.slice(0, MOST_LINES).map(agentLine), ...(more > 0 ? [`and ${counted(more, "more agent")}`] : [])],
    ...{ fields: [], actions: [], sameAs: null },
  };
}

const wordsOf = ({ judgement: { verdict, rung, health, note } }: SeenAgent): string =>
  [verdict, rung, health, note].join("|");

const rowOf = ({ expected, judgement: { verdict, rung, health, note, since } }: SeenAgent) => ({
  ...{ id: expected.id, verdict, rung, health, note, since, provable: provableRung(expected) },
});
