import { ageSeconds, HEARTBEAT_DEADLINE_SECONDS } from "@rollcall/core/domain/freshness.ts";
import type { Action } from "@rollcall/core/domain/report.ts";
import { isWorking } from "@rollcall/core/domain/verdict.ts";
import { wholeDuration } from "@rollcall/core/whole-duration.ts";
import type { AgentFacts, IncidentFacts } from "../incident-facts.ts";
import { countWaiting } from "./incident-facts-words.ts";
import { verbOf } from "./operation-words.ts";
import { nameSome } from "./text.ts";

/** What a change is about to do, for a person who has not yet agreed. */
export interface Intent {
  readonly command: string;
  readonly agents: readonly AgentFacts[];
  readonly history: IncidentFacts["history"];
  /** How many agents there are, if only some of them were looked at. */
  readonly count?: number;
  /** Started from a card whose alert nobody has taken yet. */
  readonly acknowledges: boolean;
  /** Milliseconds of the evidence. */
  readonly asOf: number;
  /** Said where nothing better is known of the command. */
  readonly summary: string;
  /** "hang" of `drill hang billing`. */
  readonly fault?: string;
}

/** The dialog: it names target and effect ("Restart billing?" "It is gone, so nothing running is lost. …"). */
export function confirmWords(intent: Intent): NonNullable<Action["confirm"]> {
  const what = actionLabel(intent);
  return { title: `${what}?`, text: effectWords(intent), yes: what };
}

/** "Restart billing", "Restart 3 agents". */
export function actionLabel(intent: Pick<Intent, "command" | "agents" | "fault" | "count">): string {
  const { command, agents, fault } = intent;
  const count = intent.count ?? agents.length;
  const [only] = agents;
  const subject = only === undefined ? "" : count === 1 ? only.id : `${count} agents`;
  const verb = fault === undefined ? verbOf(command).noun : `${verbOf(command).noun} ${fault}`;
  return `${verb} ${subject}`.trim();
}

export function effectWords(intent: Intent): string {
  const { agents, history, acknowledges, command } = intent;
  const sentences = [
    agents.length > 1
      ? `${nameSome(
          agents.map(({ id }) => id),
          10,
        )}.`
      : "",
    agents.length === 1 && agents[0] !== undefined ? stateWords(agents[0], intent) : "",
    COMMAND_EFFECT[command] ?? (command === "restart" ? "" : `${intent.summary}.`),
    command === "restart" ? backlogWords(agents) : "",
    command === "restart" && history?.medianSeconds != null ? `Usually ${wholeDuration(history.medianSeconds)}.` : "",
    acknowledges ? "This acknowledges the alert." : "",
  ];
  return sentences.filter((sentence) => sentence !== "").join(" ");
}

const COMMAND_EFFECT: Readonly<Record<string, string>> = {
  stop: "It finishes what it has in hand and stays stopped until somebody starts it. Its alerts are muted until then.",
  drill: "A rehearsal: the fault is real, and its alert will ring.",
};

function stateWords({ judgement, beat }: AgentFacts, { asOf, command }: Intent): string {
  if (judgement === null) return "Its state cannot be read now.";
  if (beat === null || ageSeconds(beat.at, asOf) > HEARTBEAT_DEADLINE_SECONDS)
    return command === "restart" ? "It is gone, so nothing running is lost." : "It is gone.";
  const held = heldWords(
    beat.inFlight,
    beat.oldestInFlightAt === null ? null : ageSeconds(beat.oldestInFlightAt, asOf),
  );
  return isWorking(judgement.verdict) ? `It works now. ${held}` : held;
}

function heldWords(inFlight: number, age: number | null): string {
  if (inFlight === 0) return "It holds nothing.";
  const oldest = age === null ? "" : ` (${wholeDuration(age)} old)`;
  const again = inFlight === 1 ? "the item is handed out again" : "they are handed out again";
  return `It holds ${inFlight} item${inFlight === 1 ? "" : "s"}${oldest}; ${again}.`;
}

function backlogWords(agents: readonly AgentFacts[]): string {
  const counts = agents.map(({ waiting }) => countWaiting(waiting));
  const known = counts.filter((count) => count !== null);
  if (known.length === 0 || known.length < counts.length) return "";
  const sum = known.reduce((all, count) => all + count, 0);
  return sum === 0 ? "Nothing waits." : `${sum} waiting ${sum === 1 ? "item is" : "items are"} taken up again.`;
}
