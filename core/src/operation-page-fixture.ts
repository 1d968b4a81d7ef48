import { OPERATION_STATES, type OperationState } from "./domain/operation.ts";
import { FOUND_OUT, STATE_MEANINGS, TRANSITIONS, type Transition } from "./domain/operation-states.ts";

/** The parts of docs/operations.md that are made from the code, by the name of their marks. */
export const GENERATED: Readonly<Record<string, () => string>> = {
  drawing: drawStates,
  states: () => OPERATION_STATES.map((state) => `- \`${state}\`: ${STATE_MEANINGS[state]}`).join("\n"),
  transitions: tableOfTransitions,
};

/** The page with those parts as the code says them now. @throws Error if a part has no marks */
export function currentPage(page: string): string {
  return Object.entries(GENERATED).reduce((text, [name, make]) => {
    const [begin, end] = [`<!-- ${name}: made from the code -->`, `<!-- end of ${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`the page has no part "${name}": ${begin} … ${end}`);
    return `${text.slice(0, from + begin.length)}\n${make()}\n${text.slice(to)}`;
  }, page);
}

/** Mermaid, which GitHub draws. */
function drawStates(): string {
  const name = (state: OperationState | null): string => state ?? "[*]";
  const lines = [...TRANSITIONS, FOUND_OUT].map(
    ({ from, to, when, by }) => `  ${name(from)} --> ${to}: ${by}, ${drawable(when)}`,
  );
  return ["```mermaid", "stateDiagram-v2", ...lines, "  ended --> [*]", "```"].join("\n");
}

// A colon or a semicolon ends a label.
const drawable = (words: string): string => words.replaceAll(/[:;]/g, ",");

function tableOfTransitions(): string {
  const row = ({ from, to, by, when, endings = [] }: Transition): string =>
    `| ${from ?? "–"} | ${to} | ${by} | ${when} | ${endings.map((ending) => `\`${ending}\``).join(" ")} |`;
  return ["| From | To | Who | When | Ending |", "|---|---|---|---|---|", ...[...TRANSITIONS, FOUND_OUT].map(row)].join(
    "\n",
  );
}
