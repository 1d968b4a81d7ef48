import { z } from "zod";
import { defineCommand } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { LINK_SECONDS } from "../ports/slack-links.ts";

export default defineCommand({
  name: "link",
  aliases: [],
  kind: "read",
  summary: "Say which Google account is yours, so that Slack knows what you may do",
  role: null,
  danger: 0,
  private: true,
  input: z.strictObject({}),
  words: [],
  examples: ["link"],
  async run(_, { actor, door, ports }) {
    if (ports.linking === undefined)
      throw new Failure("unavailable", "nobody can sign in with Google here", {
        next: "An admin sets GOOGLE_CLIENT_ID, or names your Slack user in access.yaml.",
      });
    if (door !== "slack" || actor.slackUser === null)
      throw new Failure("invalid_input", "a Slack user is linked, so this is asked in Slack", {
        found: door,
        allowed: ["slack"],
        next: "Type /fleet link there.",
      });
    const address = await ports.linking.addressFor(actor.slackUser);
    const minutes = LINK_SECONDS / 60;
    return {
      headline: "*Link your Slack user with your Google account*",
      context: `it serves once, for ${minutes} minutes; give it to nobody`,
      lines: ["Open this and sign in with Google:", address],
      fields: [],
      actions: [],
      sameAs: "same as /fleet link",
      // The address is in the answer to the asker alone, not in what is handed on.
      data: { user: actor.slackUser, minutes },
    };
  },
});
