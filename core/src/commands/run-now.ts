import { z } from "zod";
import { type ActContext, defineCommand, type FoundOut, type ReadContext, type StageResult } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { isForeign } from "../domain/foreign-verdict.ts";
import type { TargetProgress } from "../domain/operation.ts";
import { listed, plain } from "../fleet-words.ts";
import { askLedger } from "../lifecycle/ask-ledger.ts";
import { findOrderable, giveOrder, resultOfReply } from "../lifecycle/order-agent.ts";
import type { DeclaredRun } from "../protocol/declared-run.ts";
import type { ExpectedAgent } from "../protocol.ts";
import { readRunInputs } from "../read-run-inputs.ts";
import { selectOne } from "../selector.ts";

const input = z.strictObject({
  id: z.string().min(1).max(200).describe("Id of the agent that begins it"),
  inputs: z
    .array(z.string().min(1).max(1100))
    .max(20)
    .default([])
    .describe("What the run is told, each as name=value; `agent ID` says what it takes"),
  run: z.string().min(1).max(63).optional().describe("Which run, if the agent has several"),
});

export default defineCommand({
  name: "run-now",
  aliases: ["run"],
  kind: "act",
  summary: "Let an agent begin one run, with inputs",
  role: "operator",
  danger: 1,
  input,
  words: ["id", "inputs"],
  examples: ["run-now content-orchestrator advisors=3", "run-now content-orchestrator"],
  async targets(raw, context) {
    const wanted = input.parse(raw);
    const agent = await selectOne(wanted.id, context.ports, { verb: "Run", what: "A run" });
    readRunInputs(runOf(await declaredBy(agent, context), wanted), wanted.inputs);
    return [agent];
  },
  findOut: findOutRun,
  stages: [{ name: "begun", run: beginRun }],
});

async function declaredBy(agent: ExpectedAgent, { ports }: Pick<ReadContext, "ports">): Promise<Declared> {
  const beat = isForeign(agent) ? null : ((await ports.bus.readPresence([agent.id])).get(agent.id)?.beat ?? null);
  return { agent: agent.id, runs: beat?.runs ?? [] };
}

interface Declared {
  readonly agent: string;
  readonly runs: readonly DeclaredRun[];
}

/** @throws Failure "invalid_input" */
function runOf({ agent, runs }: Declared, { run: name }: z.infer<typeof input>): DeclaredRun {
  const names = runs.map((run) => run.name);
  const [only, ...others] = runs;
  const refuse = (message: string): Failure =>
    new Failure("invalid_input", message, { allowed: names, next: "Nothing was done." });
  if (only === undefined) throw refuse(`${agent} begins no runs on demand`);
  const named = runs.find((run) => run.name === name);
  if (named !== undefined) return named;
  if (name !== undefined) throw refuse(`${agent} has no run "${plain(name)}"; it has ${listed(names)}`);
  if (others.length > 0) throw refuse(`${agent} has several runs: ${listed(names)}; say which with --run`);
  return only;
}

/** The run is called after the operation, so that a repeat of the stage begins no second one. */
async function beginRun(target: TargetProgress, context: ActContext): Promise<StageResult> {
  const { operation } = context;
  const { agent } = target;
  const found = await findOrderable(target, context, "begin a run");
  if ("refusal" in found) return found.refusal;
  const wanted = input.parse(operation.input);
  const run = runOf({ agent, runs: found.beat.runs ?? [] }, wanted);
  const args = { run: run.name, runId: `run-${operation.id}`, inputs: readRunInputs(run, wanted.inputs) };
  const reply = await giveOrder(target, context, { kind: "run", epoch: found.beat.epoch, args });
  const begun: StageResult = { state: "done", ending: "done", detail: `follow it with \`runs show ${args.runId}\`` };
  // A repeat is answered with how the first one went, as far as it came before the agent ended.
  const isKnown = reply?.outcome !== "repeated" || reply.detail === "done";
  const result = isKnown ? resultOfReply(agent, reply) : await lookForRun(args.runId, context, reply.detail);
  return result.state === "done" ? begun : result;
}

/** A run that was reported began; of one that was not, the agent's ledger tells. */
async function findOutRun({ agent }: TargetProgress, context: ActContext): Promise<FoundOut | null> {
  const { ports, operation } = context;
  const runId = `run-${operation.id}`;
  if ((await ports.runs?.find(runId)) != null)
    return { state: "done", ending: "done", detail: `follow it with \`runs show ${runId}\`` };
  const wanted = input.parse(operation.input);
  const args = { run: wanted.run ?? "unnamed", runId, inputs: {} };
  const word = await askLedger(agent, context, { kind: "run", effect: "run", args });
  if (word === null) return null;
  if (!word.applied) return { state: "failed", ending: "failed", error: "the order never reached it. No run began." };
  if (word.outcome === "done") return { state: "done", ending: "done" };
  return word.outcome.startsWith("failed")
    ? { state: "failed", ending: "failed", error: "it could not begin it" }
    : null;
}

async function lookForRun(id: string, { ports }: ActContext, first: string | null): Promise<StageResult> {
  if ((await ports.runs?.find(id)) != null) return { state: "done" };
  return {
    state: "failed",
    error: `it is not known whether it began: ${first ?? "its ledger does not say"}`,
    ending: "unknown",
  };
}
