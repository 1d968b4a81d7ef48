import { z } from "zod";
import { type ActContext, defineCommand } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { isForeign } from "../domain/foreign-verdict.ts";
import { findOutCopies, proveCopies } from "../lifecycle/prove-copies.ts";
import { effectId } from "../lifecycle/stop-agent.ts";
import { workingP0 } from "../lifecycle/working-p0.ts";
import { selectOne } from "../selector.ts";

const input = z.strictObject({
  id: z.string().min(1).max(200).describe("Id of the agent"),
  copies: z.number().int().min(1).max(100).describe("How many copies run from now on"),
});

const copiesOf = ({ operation }: Pick<ActContext, "operation">): number => input.parse(operation.input).copies;

export default defineCommand({
  name: "scale",
  aliases: [],
  kind: "act",
  summary: "Let so many copies of an agent run, where its runtime can, and wait until they are ready",
  role: "operator",
  danger: 2,
  input,
  words: ["id", "copies"],
  examples: ["scale crm-chat 3"],
  async targets(raw, { ports }) {
    const { id, copies } = input.parse(raw);
    const agent = await selectOne(id, ports, { verb: "Scale", what: "Scaling" });
    const refuse = (message: string): Failure =>
      new Failure("invalid_input", message, { found: String(copies), next: "Nothing was done." });
    const { runtime } = agent;
    if (ports.supervisor.scale === undefined || runtime.kind === "process")
      throw refuse(`${agent.id} is kept by the built-in supervisor, which runs each agent once and cannot scale`);
    // The bus gives all work of an id to one process: the newest fences the others, which exit.
    if (!isForeign(agent) && copies > 1)
      throw refuse(`${agent.id} speaks the protocol: one process has its id, and a second one would fence it`);
    return [agent];
  },
  needsSecondPerson: workingP0,
  stages: [
    {
      name: "scaled",
      async run({ agent }, { ports, operation }) {
        const copies = copiesOf({ operation });
        if (ports.supervisor.scale === undefined) throw new Failure("invalid_input", `${agent} cannot be scaled`);
        const order = { commandId: effectId(operation, agent, "scale"), copies };
        await ports.supervisor.scale(agent, order);
        return { state: "done", detail: copies === 1 ? "1 copy wanted" : `${copies} copies wanted` };
      },
    },
    {
      name: "running",
      run: ({ agent }, context) => proveCopies({ agent, copies: copiesOf(context) }, context),
    },
  ],
  findOut: ({ agent }, context) => findOutCopies({ agent, copies: copiesOf(context) }, context),
});
