import { z } from "zod";
import { closeWindow, windowMeant } from "../brakes/run-maintenance.ts";
import { defineCommand } from "../command.ts";

const input = z.strictObject({
  window: z
    .string()
    .regex(/^mw-[1-9]\d{0,9}$/, "the id of a maintenance window: mw-3")
    .describe("Which window"),
});

export default defineCommand({
  name: "maintenance-end",
  aliases: ["mw-end"],
  kind: "act",
  summary: "End a maintenance window now; what fires of its agents rings again",
  role: "operator",
  danger: 1,
  input,
  words: ["window"],
  examples: ["maintenance end mw-3"],
  async targets(raw, context) {
    const { agents: ids } = await windowMeant(input.parse(raw).window, context);
    const { agents } = await context.ports.registry.expected();
    return agents.filter(({ id }) => ids.includes(id));
  },
  subjects: (raw) => [input.parse(raw).window],
  stages: [{ name: "ended", run: (_, context) => closeWindow(input.parse(context.operation.input).window, context) }],
});
