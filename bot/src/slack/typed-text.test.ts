import { expect, test } from "vitest";
import { readTypedText } from "./typed-text.ts";

test.each([
  ["a person is the id, whatever they call themselves", "block <@U0EVIL|adam> phone lost", "block @U0EVIL phone lost"],
  ["a person without a name too", "block <@U0OLGA> lost", "block @U0OLGA lost"],
  ["a group is its name", "restart <!subteam^S1|@content>", "restart @content"],
  ["what Slack escapes is as it was typed", "deny req-1 a &lt;b&gt; &amp; c", "deny req-1 a <b> & c"],
])("%s", (_, sent, read) => {
  expect(readTypedText(sent)).toBe(read);
});
