import { z } from "zod";
import { offersOf } from "../answer-offer.ts";
import { defineCommand, type Ports } from "../command.ts";
import { hasRole } from "../domain/actor.ts";
import { Failure } from "../domain/failure.ts";
import { incidentMeant } from "../incident-meant.ts";
import { incidentField } from "../incidents/write-incident.ts";
import { personNamed } from "../name-person.ts";
import { personActor } from "../person-actor.ts";
import { rightsOf } from "../policy.ts";

const input = z.strictObject({
  alert: incidentField,
  person: z.string().min(1).max(200).describe("To whom: an id, a mail address, @name or a Slack mention"),
});

export default defineCommand({
  name: "give",
  aliases: [],
  kind: "act",
  summary: "Hand an alert over to somebody; it stays yours until they say yes",
  role: "operator",
  danger: 1,
  input,
  words: ["alert", "person"],
  examples: ["give inc-7 @sam"],
  incidentId: (raw) => input.parse(raw).alert,
  async targets(raw, { ports, actor }) {
    const { alert, person } = input.parse(raw);
    offersOf(ports);
    const taker = takerNamed(person, ports);
    const { acknowledgedBy } = await incidentMeant(alert, ports);
    if (taker.id === (acknowledgedBy?.id ?? actor.id))
      throw new Failure("conflict", `${taker.name} has ${alert} already. Nothing was done.`, { next: `ack ${alert}` });
    if (acknowledgedBy === null || acknowledgedBy.id === actor.id) return [];
    throw new Failure("conflict", `${acknowledgedBy.name} has ${alert}, so you cannot give it`, {
      next: `${acknowledgedBy.name} can give it, or somebody gives it back: unack ${alert}. Nothing was done.`,
    });
  },
  stages: [
    {
      name: "offered",
      async run(_, { ports, operation }) {
        const { alert, person } = input.parse(operation.input);
        const taker = takerNamed(person, ports);
        const { id, name, slackUser } = operation.actor;
        await offersOf(ports).offer({
          ...{ operation: operation.id, incident: alert, giver: { id, name, slackUser }, now: ports.clock.now() },
          taker: { id: taker.id, name: taker.name, slackUser: taker.slackUser },
        });
        return { state: "done", ending: "done", detail: `${taker.name} was asked; it is yours until they say yes` };
      },
    },
  ],
});

/** Somebody who may take alerts. @throws Failure "not_found", "invalid_input", "conflict" */
function takerNamed(words: string, ports: Pick<Ports, "directory" | "rules" | "clock">) {
  const taker = personActor(personNamed(words, ports.directory), rightsOf(ports));
  if (hasRole(taker, "operator")) return taker;
  throw new Failure("conflict", `${taker.name} may not take alerts: that needs operator. Nothing was done.`, {
    found: taker.role ?? "no role",
    allowed: ["operator", "admin"],
  });
}
