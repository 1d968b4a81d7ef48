import { Button } from "@grafana/ui";
import { type ReactElement, useState } from "react";
import { askFully } from "../api/ask.ts";
import { Refusal } from "../api/refusal.ts";
import { newKey, runCommand } from "../api/run-command.ts";
import { t } from "../translate.ts";

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
    const { version } = health.body;
    add(t("config.reached", "reached"), true, t("config.version", "version {{version}}", { version }));
    const skew = health.at === null ? null : Math.round((health.at - Date.now()) / 1000);
    const outcome = await runCommand({ command: "whoami", input: {}, key: newKey() });
    add(t("config.secret-step", "secret"), true, t("config.accepted", "accepted"));
    const known = outcome.kind === "report" ? outcome.report.headline.replaceAll("*", "") : "";
    add(t("config.identity", "your identity"), !/not known/i.test(known), known);
    const isRight = skew !== null && Math.abs(skew) <= MOST_CLOCK_SECONDS;
    add(
      t("config.clock", "clock"),
      isRight,
      skew === null
        ? t("config.no-time", "the answer bears no time")
        : t("config.skew", "differs by {{seconds}} s from this browser's", { seconds: Math.abs(skew) }),
    );
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const step =
      steps.length === 0 ? t("config.reached", "reached") : t("config.secret-identity", "secret and identity");
    add(step, false, error.message);
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
        {steps === "asking" ? t("config.testing", "Testing…") : t("verb.test", "Test")}
      </Button>
      {isSetUp ? null : <span> {t("config.save-first", "Save first: what is saved is tested.")}</span>}
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
