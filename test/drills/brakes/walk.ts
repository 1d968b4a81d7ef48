import type { Pool } from "@rollcall/core/adapters/postgres/pool.ts";
import type { Operation } from "@rollcall/core/domain/operation.ts";
import { BrakesModel } from "./model.ts";
import { openWorld, type World } from "./world.ts";

/** What a walk came to. */
export interface Walked {
  readonly steps: number;
  readonly freezes: number;
  readonly thaws: number;
  readonly accepted: number;
  readonly locked: number;
  /** The first step after which the real thing is not as the model says, or null. */
  readonly difference: string | null;
}

/** Those that something happens to; the others make three of them no large share of the fleet. */
const AGENTS = ["a", "b", "c", "d", "e", "f", "g", "h"].map((letter) => `agent-${letter}`);
const OTHERS = Array.from({ length: 12 }, (_, index) => `other-${index + 1}`);
const LEAST_LISTED = 16;
const MINUTE = 60_000;

interface Walk {
  readonly world: World;
  readonly model: BrakesModel;
  readonly random: (below: number) => number;
  readonly counts: { freezes: number; thaws: number; accepted: number; locked: number };
}

/** Takes random steps, the same for the same seed, in the model and with the real commands, until they differ. */
export async function walkBrakes(
  pool: Pool,
  { steps, seed, onStep }: { steps: number; seed: number; onStep?: () => void },
): Promise<Walked> {
  const world = await openWorld(pool, [...AGENTS, ...OTHERS]);
  const walk: Walk = {
    world,
    model: new BrakesModel(AGENTS, world.fleet.now),
    random: randomOf(seed),
    counts: { freezes: 0, thaws: 0, accepted: 0, locked: 0 },
  };
  for (let step = 1; step <= steps; step += 1) {
    const { what, problem } = await takeStep(walk);
    const difference = problem ?? (await compare(walk));
    if (difference !== null) {
      const where = `seed ${seed}, step ${step}, ${what}`;
      return { steps: step, ...walk.counts, difference: `${where}: ${difference}` };
    }
    onStep?.();
  }
  return { steps, ...walk.counts, difference: null };
}

/** Mulberry32: small, and the same everywhere. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

interface Step {
  readonly what: string;
  /** What came otherwise than the model says, if anything did. */
  readonly problem: string | null;
}
type Kind = (walk: Walk, agent: string) => Promise<Step>;

const fine = (what: string): Step => ({ what, problem: null });

const pause: Kind = async ({ world, model, random }, agent) => {
  const minutes = random(3) === 0 ? null : 1 + random(20);
  const input = { who: [agent], ...(minutes !== null && { time: `${minutes}m` }) };
  await world.run("pause", input);
  model.now = world.fleet.now;
  model.pause(agent, minutes === null ? null : model.now + minutes * MINUTE);
  return fine(`pause ${agent} ${minutes ?? "for good"}`);
};

const resume: Kind = async ({ world, model }, agent) => {
  await world.run("resume", { who: [agent] });
  model.resume(agent);
  return fine(`resume ${agent}`);
};

const start: Kind = async ({ world, model }, agent) => {
  await world.run("start", { who: [agent] });
  model.run(agent);
  return fine(`start ${agent}`);
};

const freeze: Kind = async ({ world, model, random, counts }) => {
  const known = AGENTS.filter((id) => world.listed.has(id));
  const who = [...new Set([0, 1, 2].map(() => known[random(known.length)] as string))];
  const minutes = 1 + random(30);
  const ended = await world.run("freeze", { who, time: `${minutes}m` });
  const what = `freeze ${who.join(" ")} ${minutes}m`;
  const id = typeof ended === "string" ? ended : ended.targets[0]?.memory.freeze;
  if (typeof id !== "string" || !id.startsWith("fz-")) return { what, problem: `not frozen: ${describe(ended)}` };
  model.now = world.fleet.now;
  model.freeze(id, who, model.now + minutes * MINUTE);
  counts.freezes += 1;
  return fine(`${what} as ${id}`);
};

const thaw: Kind = async ({ world, model, random, counts }) => {
  const ids = [...model.freezes.keys()];
  const id = ids[random(ids.length)];
  if (id === undefined) {
    const answer = await world.run("thaw", {});
    return { what: "thaw nothing", problem: answer === "not_found" ? null : `not refused: ${describe(answer)}` };
  }
  const ended = await world.run("thaw", { freeze: id });
  model.now = world.fleet.now;
  model.thaw(id);
  counts.thaws += 1;
  const isDone = typeof ended !== "string" && ended.ending === "done";
  return { what: `thaw ${id}`, problem: isDone ? null : `not thawed: ${describe(ended)}` };
};

const restart: Kind = (walk, agent) => interrupt(walk, { command: "restart", agent });
const stop: Kind = (walk, agent) => interrupt(walk, { command: "stop", agent });

async function interrupt(
  { world, model, random, counts }: Walk,
  { command, agent }: { command: "restart" | "stop"; agent: string },
): Promise<Step> {
  const isRestart = command === "restart";
  // An agent that never comes back would keep the walk waiting; one that exits twice is soon known to have failed.
  if (isRestart && random(3) > 0) world.fleet.agent(agent).fates.push("exits", "exits");
  model.now = world.fleet.now;
  const expected = model.expected({ agent, isRestart, fleetSize: world.listed.size });
  const answer = await world.run(command, { who: [agent] });
  world.fleet.agent(agent).fates.length = 0;
  const what = `${command} ${agent}`;
  const isAccepted = typeof answer !== "string";
  const found = isAccepted ? "accepted" : answer;
  if (expected !== "either" && found !== expected) return { what, problem: `${found}, not ${expected}` };
  if (!isAccepted) {
    counts.locked += 1;
    return fine(what);
  }
  counts.accepted += 1;
  model.touched(agent, isRestart, answer.ending === "recovered" || answer.ending === "done");
  if (isRestart) model.run(agent);
  else model.stop(agent);
  return fine(what);
}

const wait: Kind = async ({ world, model, random }) => {
  const minutes = 1 + random(4);
  await world.pass(minutes * MINUTE);
  model.now = world.fleet.now - minutes * MINUTE;
  model.pass(minutes * MINUTE);
  return fine(`${minutes} min pass`);
};

/** Taken out of fleet.yaml, or put back: what is wanted of it stays. */
const relist: Kind = async ({ world }, agent) => {
  if (world.listed.has(agent) && world.listed.size > LEAST_LISTED) world.listed.delete(agent);
  else world.listed.add(agent);
  return fine(`${agent} ${world.listed.has(agent) ? "listed" : "not listed"}`);
};

const KINDS: readonly Kind[] = [
  ...[pause, pause, resume, resume, start, freeze, freeze, freeze, thaw, thaw, wait, wait],
  ...[restart, restart, restart, restart, stop, stop, relist],
];

async function takeStep(walk: Walk): Promise<Step> {
  const { world, random } = walk;
  const known = AGENTS.filter((id) => world.listed.has(id));
  const kind = KINDS[random(KINDS.length)] as Kind;
  const agent = kind === relist ? AGENTS[random(AGENTS.length)] : known[random(known.length)];
  return kind(walk, agent as string);
}

async function compare({ world, model }: Walk): Promise<string | null> {
  const stateOf = await world.wanted();
  for (const agent of AGENTS) {
    const [found, wanted] = [stateOf(agent), model.wanted(agent)];
    if (found !== wanted) return `${agent} is wanted ${found}, and should be ${wanted}`;
  }
  return null;
}

const describe = (answer: Operation | string): string =>
  typeof answer === "string" ? answer : `${answer.ending} ${answer.error ?? ""} ${JSON.stringify(answer.targets)}`;
