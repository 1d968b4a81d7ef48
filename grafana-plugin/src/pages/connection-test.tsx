import { Button } from "@grafana/ui";
import { type ReactElement, useState } from "react";
import { askFully } from "../api/ask.ts";
import { Refusal } from "../api/refusal.ts";
import { newKey, runCommand } from "../api/run-command.ts";

interface Step {
  readonly name: string;
  readonly isPassed: boolean | null;
  readonly words: string;
}

/** Clocks that differ more than this make ages wrong, and tokens refused. */
const MOST_CLOCK_SECONDS = 5;

/** Reached, secret, identity, clock: in this order, since each needs the one before. */
async function testConnection(): Promise<Step[]> {
  const steps: Step[] = [];
  const add = (name: string, isPassed: boolean | null, words: string): void =>
    void steps.push({ name, isPassed, words });
  try {
    const health = await askFully<{ version: string }>("health");
    add("reached", true, `version ${health.body.version}`);
    const skew = health.at === null ? null : Math.round((health.at - Date.now()) / 1000);
    const outcome = await runCommand({ command: "whoami", input: {}, key: newKey() });
    add("secret", true, "accepted");
    const known = outcome.kind === "report" ? outcome.report.headline.replaceAll("*", "") : "";
    add("your identity", !/not known/i.test(known), known);
    const isRight = skew !== null && Math.abs(skew) <= MOST_CLOCK_SECONDS;
    add(
      "clock",
      isRight,
      skew === null ? "the answer bears no time" : `differs by ${Math.abs(skew)} s from this browser's`,
    );
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    add(steps.length === 0 ? "reached" : "secret and identity", false, error.message);
  }
  return steps;
}

/** [Test] → reached ✓ secret ✓ your identity ✓ clock ✓ */
export function ConnectionTest({ isSetUp }: { readonly isSetUp: boolean }): ReactElement {
  const [steps, setSteps] = useState<readonly Step[] | "asking">([]);
  const run = async (): Promise<void> => {
    setSteps("asking");
    setSteps(await testConnection());
  };
  return (
    <div>
      <Button type="button" variant="secondary" disabled={!isSetUp || steps === "asking"} onClick={() => void run()}>
        {steps === "asking" ? "Testing…" : "Test"}
      </Button>
      {isSetUp ? null : <span> Save first: what is saved is tested.</span>}
      <ul aria-live="polite" data-testid="connection" style={{ listStyle: "none" }}>
        {(steps === "asking" ? [] : steps).map(({ name, isPassed, words }) => (
          <li key={name}>
            {isPassed === true ? "✓" : "✗"} {name}: {words}
          </li>
        ))}
      </ul>
    </div>
  );
}
