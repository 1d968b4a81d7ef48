import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { readBody } from "../stand-in/read-body.ts";
import type { GrafanaPerson } from "./people.ts";

const Body = z.object({ language: z.string().max(20) });

/** What somebody prefers, as Grafana keeps it: of that the language, "" for Grafana's own; kept until the stand-in ends. */
export function addPreferences(
  app: FastifyInstance,
  signedIn: (request: FastifyRequest) => GrafanaPerson | null,
): void {
  const languages = new Map<string, string>();
  const refused = { message: "Unauthorized" };

  app.get("/api/user/preferences", async (request, reply) => {
    const person = signedIn(request);
    return person === null ? reply.code(401).send(refused) : { language: languages.get(person.key) ?? "" };
  });

  app.patch("/api/user/preferences", async (request, reply) => {
    const person = signedIn(request);
    if (person === null) return reply.code(401).send(refused);
    languages.set(person.key, readBody(request, Body).language);
    return { message: "Preferences updated" };
  });
}
