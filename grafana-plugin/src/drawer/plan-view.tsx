import { Alert, Button, Field, Input } from "@grafana/ui";
import { type ReactElement, type ReactNode, useState } from "react";
import type { Planned } from "../api/contract.ts";
import { closeOrder } from "../parts/order.ts";
import { ReportText } from "../parts/report-text.tsx";
import { useNow } from "../parts/tick.ts";
import { t } from "../translate.ts";

interface PlanViewProps {
  readonly planned: Planned;
  readonly isAsking: boolean;
  /** What stands in the form as the reason. */
  readonly reason: string;
  readonly onConfirm: (token: string) => void;
  /** Fields that the plan asks for. */
  readonly children?: ReactNode;
}

/** What a command would do, in the words of every door; nothing has happened yet. */
export function PlanView({ planned, isAsking, reason, onConfirm, children }: PlanViewProps): ReactElement {
  const now = useNow();
  const [typed, setTyped] = useState("");
  const { words, changed } = planned;
  return (
    <div data-testid="plan" style={{ display: "grid", gap: 16 }}>
      {changed === null ? null : <Alert severity="warning" title={changed} />}
      <h3>{words.title}</h3>
      <ul style={{ paddingInlineStart: 16 }}>
        {words.lines.map((line) => (
          <li key={line} style={isInner(line) ? { listStyle: "none" } : undefined}>
            <ReportText text={line} now={now} />
          </li>
        ))}
      </ul>
      {children}
      {words.typed === null ? null : (
        <Field
          label={t("form.type", 'Type "{{words}}"', { words: words.typed })}
          description={t("form.whole-fleet", "This is about the whole fleet")}
          htmlFor="plan-typed"
          noMargin
        >
          <Input id="plan-typed" value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
        </Field>
      )}
      <p>
        <ReportText
          text={words.valid ?? t("form.only-shown", "Nothing has happened, and this plan was only to be shown.")}
          now={now}
        />
      </p>
      <div style={{ display: "flex", gap: 8 }}>
        <ConfirmButton {...{ planned, isAsking, onConfirm }} isReady={isReady(planned, { reason, typed })} />
        <Button variant="secondary" onClick={closeOrder}>
          {t("form.close", "Close")}
        </Button>
      </div>
    </div>
  );
}

/** What belongs to the line before it has a mark of its own. */
const isInner = (line: string): boolean => /^\s*•/.test(line);

/** Whether what the plan asks for is filled in. */
function isReady({ plan, words }: Planned, { reason, typed }: { reason: string; typed: string }): boolean {
  const needsReason = plan.secondPerson !== null || plan.brakes.length > 0;
  return !(needsReason && reason.trim() === "") && (words.typed === null || typed.trim() === words.typed);
}

interface ConfirmButtonProps extends Pick<PlanViewProps, "planned" | "isAsking" | "onConfirm"> {
  readonly isReady: boolean;
}

function ConfirmButton({ planned, isAsking, onConfirm, isReady: ready }: ConfirmButtonProps): ReactElement | null {
  const { plan, words, confirm } = planned;
  if (confirm === null) return null;
  const needsSecond = plan.secondPerson !== null;
  return (
    <Button
      variant={needsSecond ? "primary" : "destructive"}
      disabled={isAsking || !ready}
      onClick={() => onConfirm(confirm.token)}
    >
      {isAsking ? t("form.asking", "Asking…") : needsSecond ? t("form.ask-second", "Ask a second person") : words.title}
    </Button>
  );
}
