import { type Drill, type Outcome, outcome } from "./drill.ts";
import { askForRequest, compareWithAudit, fillCommands, fillViews, fireAlert, type Tried } from "./matrix/fill.ts";
import { fillInProcess } from "./matrix/in-process.ts";
import { PHASES } from "./matrix/phases.ts";
import { makeViews } from "./matrix/reads.ts";
import type { Standing } from "./matrix/rights-by-design.ts";
import { type MatrixStage, openMatrixStage } from "./matrix/stage.ts";
import { makePeople } from "./matrix/subjects.ts";
import { count, newTally, type Tally } from "./matrix/verdict.ts";
import { makeWishes, type Wish } from "./matrix/wanted.ts";

interface Extent {
  /** Of the people who come to a real control service; all if left out. */
  readonly standings?: readonly Standing[];
  /** How many states of the directory it is brought into. */
  readonly phases: number;
}

/** Who comes again when the directory is otherwise; all combinations are tried on the command path itself. */
const LATER: readonly Standing[] = ["known", "lifted to admin", "narrowed by name", "blocked in PostgreSQL"];

/** As many as are ended while the directory is away. */
const SPARE = 30;

/** Everybody tries everything at every door, and what became of it is compared with a model of the design. */
export const matrixDrill = (extent: Extent): Drill => ({
  name: "matrix",
  about:
    "every person × command × door × state of the directory, every list, export and live topic: nobody may more or less",
  async run(say) {
    say("every command on the one path, in this process …");
    const inProcess = outcomeOf("the command path, all doors", await fillInProcess(), say);
    say("a control service with its own stores, and a Google Workspace account, start …");
    const people = makePeople(extent.standings);
    const stage = await openMatrixStage(people);
    try {
      await PHASES[0]?.reach(stage);
      const request = await askForRequest(stage);
      const alert = await fireAlert(stage);
      const wishes = makeWishes().map((wish) => onReal(wish, { request, alert }));
      const spare: string[] = [];
      while (extent.phases > 1 && spare.length < SPARE) spare.push(await askForRequest(stage));
      const outcomes = [inProcess];
      for (const phase of PHASES.slice(0, extent.phases)) {
        await phase.reach(stage);
        say(`directory ${phase.name} …`);
        const some = phase === PHASES[0] ? people : people.filter(({ standing }) => LATER.includes(standing));
        outcomes.push(...(await fillPhase({ stage, people: some, wishes, phase, spare }, say)));
      }
      return [...outcomes, await alertsCommandNothing(stage)];
    } finally {
      await stage.close();
    }
  },
});

/** Approvals and alerts are about something that is there. */
function onReal(wish: Wish, { request, alert }: { request: string; alert: string }): Wish {
  if (wish.input.request !== undefined) {
    return { ...wish, input: { ...wish.input, request }, text: wish.text.replace(/req-\d+/, request) };
  }
  return wish.name === "ack" ? { ...wish, input: { alert }, text: `ack ${alert}` } : wish;
}

async function fillPhase(
  filling: Parameters<typeof fillCommands>[0],
  say: (words: string) => void,
): Promise<Outcome[]> {
  const { stage, phase } = filling;
  const outcomes: Outcome[] = [];
  const all: Tried[] = [];
  for (const door of ["http", "terminal", "grafana", "slack"] as const) {
    const tried = await fillCommands(filling, door);
    all.push(...tried);
    const tally = newTally();
    for (const { cell, seen, label } of tried) count(tally, cell, { seen, label });
    outcomes.push(outcomeOf(`commands by ${door}, directory ${phase.name}`, tally, say));
  }
  const views = await fillViews(filling, await makeViews(stage));
  outcomes.push(outcomeOf(`lists, exports and live topics, directory ${phase.name}`, views, say));
  const unwritten = await compareWithAudit(stage, all);
  for (const words of unwritten.slice(0, SHOWN)) say(`  ${words}`);
  const refused = all.filter(({ seen, cell }) => seen.became === "refused" && cell.door !== "slack").length;
  const fact = `each of ${refused.toLocaleString("en-US")} refusals is in the audit log with its rule, and began nothing, directory ${phase.name}`;
  return [...outcomes, outcome(fact, `${unwritten.length} wrong`, unwritten.length === 0)];
}

const SHOWN = 15;

function outcomeOf(what: string, { cells, letIn, refused, idle, wrong }: Tally, say: (words: string) => void): Outcome {
  for (const words of wrong.slice(0, SHOWN)) say(`  ${words}`);
  const figures = [cells, letIn, refused, idle].map((figure) => figure.toLocaleString("en-US"));
  const found = `${figures[0]} tried, ${figures[1]} let in, ${figures[2]} refused, ${figures[3]} with nothing to do, ${wrong.length} wrong`;
  return outcome(what, found, wrong.length === 0 && cells > 0);
}

async function alertsCommandNothing({ sql }: MatrixStage): Promise<Outcome> {
  const rows = await sql(
    "select count(*)::int as found from operations where actor ->> 'id' = 'alertmanager' or door = 'alertmanager'",
  );
  const found = Number(rows[0]?.found);
  return outcome("an alert whose labels order a restart begins nothing", found, found === 0);
}
