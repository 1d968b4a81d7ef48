import { z } from "zod";
import { type ActContext, defineCommand, type StageResult } from "../command.ts";
import { ageSeconds, HEARTBEAT_DEADLINE_SECONDS } from "../domain/freshness.ts";
import type { TargetProgress } from "../domain/operation.ts";
import { counted } from "../fleet-words.ts";
import { findOutDrain } from "../lifecycle/find-out.ts";
import { findOrderable, giveOrder } from "../lifecycle/order-agent.ts";
import { awaitStop, orderStop, rememberProcess, wish } from "../lifecycle/stop-agent.ts";
import { workingP0 } from "../lifecycle/working-p0.ts";
import { selectAgents, who } from "../selector.ts";
import { spanField, spanMillis } from "../time-span.ts";
import { waitUntil } from "../wait-until.ts";

const input = z.strictObject({
  who,
  time: spanField.default("5m").describe("How long it may take; what is not finished then stays on the bus"),
});
const LONGEST = "2h";
const LOOK_EVERY_MS = 500;
/** Two beats: an agent that was told by then says that it is stopping. */
const HEARD_WITHIN_MS = 10_000;

export default defineCommand({
  name: "drain",
  aliases: [],
  kind: "act",
  summary: "Let agents finish what is in hand, then stop them; they stay stopped until somebody starts them",
  role: "operator",
  danger: 2,
  input,
  words: ["who", "time"],
  examples: ["drain archive-writer", 'drain content-generator 10m --reason "new version"'],
  async targets(raw, { ports }) {
    const { who: words, time } = input.parse(raw);
    spanMillis(time, LONGEST);
    return selectAgents(words, ports, { verb: "Drain", isChange: true });
  },
  needsSecondPerson: workingP0,
  findOut: findOutDrain,
  stages: [
    { name: "sent", run: sendDrain },
    { name: "drained", run: (target, context) => awaitDrained(target, context) },
    {
      name: "stopped",
      async run(target, context) {
        if (target.memory.wasGone !== true) await orderStop(target, context);
        const stopped = await awaitStop(target, context);
        return stopped.state === "failed" ? stopped : { ...stopped, ending: "done" };
      },
    },
  ],
});

async function sendDrain(target: TargetProgress, context: ActContext): Promise<StageResult> {
  const { agent } = target;
  const memory = await rememberProcess(target, context);
  if (!memory.isUp) {
    await wish(context, agent, { state: "stopped" });
    return { state: "done", memory };
  }
  const found = await findOrderable(target, context, "drain");
  if ("refusal" in found)
    return { ...found.refusal, error: `${found.refusal.error} \`stop ${agent}\` stops it at once` };
  // First of all, so that nobody is alarmed or starts it again.
  await wish(context, agent, { state: "stopped" });
  // Its answer comes when all is done; meanwhile its heartbeats tell.
  await giveOrder(target, context, { kind: "drain", epoch: found.beat.epoch, answerMs: 0 });
  return { state: "done", memory };
}

async function awaitDrained(target: TargetProgress, context: ActContext): Promise<StageResult> {
  const { memory } = target;
  if (memory.isUp !== true) return { state: "skipped", detail: "was gone" };
  const { time } = input.parse(context.operation.input);
  const begunAt = target.stages.find(({ name }) => name === "drained")?.startedAt ?? context.ports.clock.now();
  const withinMs = Math.max(0, begunAt + spanMillis(time, LONGEST) - context.ports.clock.now());
  let left: number | null = null;
  const look = async (): Promise<"drained" | "does not hear" | null> => {
    const held = await readHeld(target, context);
    if (held !== null && held > 0 && held !== left) await context.say?.(`${counted(held, "item")} in hand`);
    left = held;
    if (held === null) return context.ports.clock.now() - begunAt > HEARD_WITHIN_MS ? "does not hear" : null;
    return held === 0 ? "drained" : null;
  };
  const { value, failure } = await waitUntil(look, { withinMs, everyMs: LOOK_EVERY_MS });
  if (value === "drained") return { state: "done" };
  if (failure !== null) throw failure;
  const why = value === null ? `${counted(left ?? 0, "item")} not finished in ${time}` : "it does not obey on the bus";
  return { state: "skipped", detail: `${why}; what it holds stays on the bus` };
}

/** @returns 0 also once the process that was told has ended; null while it does not say that it is stopping */
async function readHeld({ agent, memory }: TargetProgress, { ports }: ActContext): Promise<number | null> {
  const [now, presence, process] = await Promise.all([
    ports.bus.now(),
    ports.bus.readPresence([agent]),
    ports.supervisor.inspect(agent),
  ]);
  const isThere = process.state === "running" && process.pid === memory.pid;
  const beat = presence.get(agent)?.beat ?? null;
  const isFresh = beat !== null && ageSeconds(beat.at, now) <= HEARTBEAT_DEADLINE_SECONDS;
  if (!isThere || !isFresh) return 0;
  return beat.activity === "stopping" ? (beat.held ?? 0) : null;
}
