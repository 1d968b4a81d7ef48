import { z } from "zod";
import { who } from "./selector.ts";

const letterId = z.string().regex(/^\d{10,16}-\d{1,10}$/, "the id of a dead letter, like 1795142452000-0");

/** Input of a change of dead letters: whose, and if not all, which. */
export const letterInput = z.strictObject({
  who,
  messages: z.array(letterId).max(100).default([]).describe("Ids of dead letters; none means all of them"),
});
