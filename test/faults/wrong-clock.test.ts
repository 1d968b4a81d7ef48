import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KeptControl } from "../drills/crash-points/control.ts";
import { TOKEN } from "../drills/crash-points/stage.ts";
import { wishFor } from "../drills/crash-points/wishes.ts";
import { type ControlPair, hang, openControlPair } from "./control-pair.ts";

const HOUR_MS = 3_600_000;
const LOOKS_MS = 4_000;
/** A wall clock that is wrong by so many hours, and at SIGUSR2 jumps by two more in the other direction. */
const wrongBy = (hours: number) => ({
  NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(`
    const Right = Date;
    let wrongMs = ${hours * HOUR_MS};
    globalThis.Date = class extends Right {
      constructor(...given) { given.length === 0 ? super(Right.now() + wrongMs) : super(...given); }
      static now() { return Right.now() + wrongMs; }
    };
    process.on("SIGUSR2", () => { wrongMs -= Math.sign(wrongMs) * ${2 * HOUR_MS}; });
  `)}`,
});
const AGENT = "shipping";
const NEIGHBOUR = "crm-chat";
let pair: ControlPair;
let ahead: KeptControl;
let behind: KeptControl;

beforeAll(async () => {
  pair = await openControlPair([AGENT, NEIGHBOUR]);
  [ahead, behind] = await pair.start(wrongBy(1), wrongBy(-1));
  for (const agent of [AGENT, NEIGHBOUR]) await pair.ended(await pair.tell(wishFor("start", [agent])), ahead);
}, 240_000);
afterAll(() => pair.close());

interface Told {
  readonly operation: {
    readonly createdAt: number;
    readonly startedAt: number;
    readonly endedAt: number;
    readonly targets: readonly {
      readonly stages: readonly { readonly startedAt: number; readonly endedAt: number }[];
    }[];
  };
}
interface Planned {
  readonly plan?: { readonly asOf: number };
  readonly confirm?: { readonly token: string; readonly expiresAt: number };
  readonly operation?: { readonly id: string };
}

interface Status {
  readonly data: {
    readonly agents: readonly {
      readonly id: string;
      readonly desired: { readonly state: string; readonly until?: number };
    }[];
  };
}

async function call<Body>(at: KeptControl, path: string, post?: { key: string; body: unknown }): Promise<Body> {
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const answer = await fetch(`${at.url}/api/v1/${path}`, {
    headers: { ...headers, ...(post && { "idempotency-key": post.key }) },
    ...(post && { method: "POST", body: JSON.stringify(post.body) }),
    signal: AbortSignal.timeout(30_000),
  });
  return (await answer.json()) as Body;
}

/** Every time that people are shown of it. */
async function timesOf(operation: string, at: KeptControl): Promise<number[]> {
  const { operation: told } = await call<Told>(at, `operations/${operation}`);
  const stages = told.targets.flatMap((target) => target.stages.flatMap((stage) => [stage.startedAt, stage.endedAt]));
  return [told.createdAt, told.startedAt, ...stages, told.endedAt].filter((time) => time !== null);
}

describe("C8: of two control services whose hosts' clocks are an hour ahead and an hour behind", () => {
  test("one takes over what the other began, across a jump, and every time that is shown is right and in order", async () => {
    await hang(pair, AGENT, ahead);
    const before = Date.now();
    const operation = await pair.tell(wishFor("restart", [AGENT]), ahead);
    await pair.untilEffect(AGENT, `${operation}:${AGENT}:stop`);
    const { executor, other } = await pair.executorOf(operation);
    executor.signal("SIGUSR2");
    other.signal("SIGUSR2");
    executor.signal("SIGSTOP");
    expect(await pair.ended(operation, other)).toMatchObject({ ending: "recovered" });
    executor.signal("SIGCONT");
    const times = await timesOf(operation, other);
    expect(times.length).toBeGreaterThan(6);
    // Stages that were stored in one breath share a millisecond; a few are lost between two estimates of one clock.
    for (const [index, time] of times.entries()) {
      expect(time).toBeGreaterThanOrEqual((times[index - 1] ?? before) - 1000);
      expect(time).toBeLessThanOrEqual(Date.now() + 1000);
    }
    await Promise.all([ahead.ready(), behind.ready()]);
  }, 240_000);

  test("a plan of one is confirmed at the other, and the same wish again is the same operation; what it says to end in ten minutes does not end when a clock jumps over them", async () => {
    const wish = { input: { who: [AGENT, NEIGHBOUR], time: "10m" }, reason: "a clock" };
    let planned = await call<Planned>(ahead, "commands/pause", { key: randomUUID(), body: wish });
    expect(Math.abs((planned.plan?.asOf ?? 0) - Date.now())).toBeLessThan(HOUR_MS / 2);
    const key = randomUUID();
    const confirm = (at: KeptControl) =>
      call<Planned>(at, "commands/pause", { key, body: { ...wish, confirm: planned.confirm?.token } });
    let first = await confirm(behind);
    // Whoever has taken an item in hand meanwhile makes it a new plan.
    while (first.plan !== undefined) {
      planned = first;
      first = await confirm(behind);
    }
    const again = await confirm(ahead);
    expect(first.operation?.id).toMatch(/^op-/);
    expect(again.operation?.id).toBe(first.operation?.id);
    expect(await pair.ended(first.operation?.id as string, behind)).toMatchObject({ ending: "done" });

    for (const one of [ahead, behind]) one.signal("SIGUSR2");
    // Whoever leads looks every second what is over, and each service as often what is wanted: both have, several times.
    const looked = sleep(LOOKS_MS);
    for (const command of ["resume", "restart"]) {
      const operation = await pair.tell(wishFor(command, [AGENT]), behind);
      expect(await pair.ended(operation, behind)).toMatchObject({ state: "ended", error: null });
    }
    await looked;
    const { data } = await call<Status>(ahead, "commands/status", { key: randomUUID(), body: { input: {} } });
    const { state, until } = data.agents.find(({ id }) => id === NEIGHBOUR)?.desired ?? {};
    expect(state).toBe("paused");
    expect(Math.abs((until ?? 0) - Date.now())).toBeLessThan(HOUR_MS / 2);
  }, 240_000);
});
