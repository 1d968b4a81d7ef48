import { secretNames } from "@rollcall/core/secrets/read-settings.ts";
import { z } from "zod";
import { controlConfig } from "./config.ts";

const HEADER = `# Copy to .env. Every line is off: npm start decides all of it by itself and uses stand-ins.
# Set the SLACK_ lines together for a real Slack, PAGERDUTY_ROUTING_KEY for a real PagerDuty, GOOGLE_ and ROLLCALL_GROUP_ lines for roles from Google.
# ROLLCALL_PORT_OFFSET shifts every port of the local stack, ROLLCALL_DATA_DIR moves its data.
# A secret may come from a file or a program instead: NAME_FILE=/path or NAME_COMMAND=["program", "argument"] (docs/secrets.md).`;

/** The text of `.env.example`: every setting of the control service with its description and default. */
export function renderEnvExample(): string {
  const schema = z.toJSONSchema(controlConfig, { io: "input", unrepresentable: "any" });
  const secrets = new Set(secretNames(controlConfig));
  const required = new Set(schema.required ?? []);
  const settings = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { description = "", default: standard } = property as { description?: string; default?: unknown };
    const kind = secrets.has(name) ? "secret, " : "";
    const note = required.has(name) ? "needed" : standard === undefined ? "optional" : `default ${String(standard)}`;
    return `# ${description} (${kind}${note})\n# ${name}=`;
  });
  return `${HEADER}\n\n${settings.join("\n\n")}\n`;
}
