import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { readBody } from "../stand-in/read-body.ts";
import { signedIn } from "./session.ts";

const Body = z.object({ language: z.string().max(20) });

/**
 * What somebody prefers, as Grafana keeps it: of that the language, "" for Grafana's own.
 * @param languages by keys of people: "de-DE"
 */
export function addPreferences(app: FastifyInstance, languages: Map<string, string>): void {
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
