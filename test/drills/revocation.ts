import { setTimeout as wait } from "node:timers/promises";
import { type Drill, type Outcome, outcome } from "./drill.ts";
import { fireAlert } from "./matrix/fill.ts";
import { PHASES } from "./matrix/phases.ts";
import { type MatrixStage, openMatrixStage } from "./matrix/stage.ts";
import { type MatrixPerson, makePerson } from "./matrix/subjects.ts";
import { type LetThrough, startProbe, TRIES } from "./revocation/probe.ts";
import { agree, askFor, REMOVALS, type Removal } from "./revocation/removals.ts";

interface Extent {
  readonly removals: number;
  /** They happen at random moments of this time. */
  readonly seconds: number;
  /** Ways of removal by their names; all if left out. */
  readonly ways?: readonly string[];
  /** Seconds that a machine with other work at the same time may add to each limit; 0 if left out. */
  readonly allowance?: number;
}

/** Rights are taken away at random moments, and it is measured how long anything is still let through. */
export const revocationDrill = (extent: Extent): Drill => ({
  name: "revocation",
  about: `${extent.removals} people lose their rights at random moments of ${extent.seconds} s: how long anything of theirs is let through`,
  async run(say) {
    const ways = REMOVALS.filter(({ name }) => extent.ways?.includes(name) ?? true);
    const admin = makePerson({ granted: "admin", standing: "known", fixed: null }, 0);
    const people = Array.from({ length: extent.removals }, (_, index) =>
      makePerson({ granted: "operator", standing: "known", fixed: null }, index + 1),
    );
    say("a control service with its own stores, and a Google Workspace account, start …");
    const stage = await openMatrixStage([admin, ...people]);
    try {
      await PHASES[0]?.reach(stage);
      const alert = await fireAlert(stage);
      say(`everybody works; rights are taken away in ${extent.seconds} s, the last is seen up to 90 s later …`);
      const cases = people.map((person, index) => ({ person, way: ways[index % ways.length] as Removal }));
      const results = await Promise.all(
        cases.map(({ person, way }) => removeOne({ stage, person, way, admin, alert }, Math.random() * extent.seconds)),
      );
      return ways.flatMap((way) =>
        outcomesOf(
          withAllowance(way, extent.allowance ?? 0),
          results.filter((result) => result.way === way),
        ),
      );
    } finally {
      await stage.close();
    }
  },
});

interface Case {
  readonly stage: MatrixStage;
  readonly person: MatrixPerson;
  readonly way: Removal;
  /** Who agrees to what the person asked for. */
  readonly admin: MatrixPerson;
  readonly alert: string;
}

interface Result {
  readonly way: Removal;
  readonly letThrough: LetThrough | null;
  readonly problem: string | null;
  /** What became of their request after somebody agreed to it; null: not tried. */
  readonly request: string | null;
}

/** Longer than anything may take, so that a miss is measured and not cut off. */
const PATIENCE_MS = 120_000;

async function removeOne(one: Case, afterSeconds: number): Promise<Result> {
  const { stage, person, way, admin, alert } = one;
  await wait(afterSeconds * 1000);
  try {
    const request = way.isOfToken ? null : await askFor(stage, person);
    const probe = await startProbe(stage, person, { alert, everyMs: way.everyMs });
    await way.remove(stage, person);
    probe.removed();
    const [letThrough, became] = await Promise.all([
      probe.finished(PATIENCE_MS),
      request === null ? null : wait(way.withinSeconds.dangerous * 1000).then(() => agree(stage, request, admin)),
    ]);
    return { way, letThrough, problem: null, request: became };
  } catch (error) {
    return { way, letThrough: null, problem: String(error), request: null };
  }
}

const withAllowance = (way: Removal, seconds: number): Removal => ({
  ...way,
  withinSeconds: { plain: way.withinSeconds.plain + seconds, dangerous: way.withinSeconds.dangerous + seconds },
});

function outcomesOf({ name, withinSeconds }: Removal, results: readonly Result[]): Outcome[] {
  const problems = results.flatMap(({ problem }) => problem ?? []);
  const measured = TRIES.map((what) => {
    const limit = what === "dangerous change" ? withinSeconds.dangerous : withinSeconds.plain;
    const seconds = results.flatMap(({ letThrough }) => letThrough?.[what] ?? []).toSorted((one, other) => one - other);
    const worst = seconds.at(-1) ?? Number.POSITIVE_INFINITY;
    const median = seconds[Math.floor(seconds.length / 2)] ?? Number.POSITIVE_INFINITY;
    const found = problems[0] ?? `last after ${worst.toFixed(2)} s, median ${median.toFixed(2)} s`;
    const fact = `${name}, ${results.length} times: no ${what} after ${limit} s`;
    return outcome(fact, found, problems.length === 0 && worst <= limit);
  });
  const agreed = results.flatMap(({ request }) => request ?? []);
  if (agreed.length === 0) return measured;
  const voided = agreed.filter((state) => state === "void").length;
  const fact = `${name}: a request of theirs that is approved afterwards begins nothing`;
  return [...measured, outcome(fact, `${voided} of ${agreed.length} void`, voided === agreed.length)];
}
