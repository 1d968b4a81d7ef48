import { css } from "@emotion/css";
import type { GrafanaTheme2 } from "@grafana/data";
import { Button, Checkbox, ConfirmModal, Drawer, Field, Input, useStyles2 } from "@grafana/ui";
import { type ReactElement, useEffect, useRef, useState } from "react";
import { useCommand } from "../api/commands.ts";
import type { Command } from "../api/contract.ts";
import { Refusal } from "../api/refusal.ts";
import { type Outcome, runCommand, type Wish } from "../api/run-command.ts";
import { closeOrder, type Order, titleOf } from "../parts/order.ts";
import { RefusalView } from "../parts/refusal-view.tsx";
import { Skeleton } from "../parts/region.tsx";
import { t } from "../translate.ts";
import { OutcomeView } from "./outcome-view.tsx";
import { PlanView } from "./plan-view.tsx";
import { fieldsOf, SchemaField, toInput } from "./schema-fields.tsx";

/** The form of one wish, its plan, and what became of it. */
export default function CommandDrawer({ order }: { readonly order: Order }): ReactElement {
  const command = useCommand(order.command);
  const styles = useStyles2(getStyles);
  const [isTyped, setTyped] = useState(false);
  const [isLeaving, setLeaving] = useState(false);
  useLeaveWarning(isTyped);
  const leave = (): void => (isTyped ? setLeaving(true) : closeOrder());
  return (
    <Drawer title={titleOf(order)} subtitle={command?.summary} onClose={leave} size="md">
      <ConfirmModal
        isOpen={isLeaving}
        title={t("form.leave-title", "Leave what you typed?")}
        body={t("form.leave-body", "Nothing was sent.")}
        confirmText={t("form.leave", "Leave it")}
        dismissText={t("form.stay", "Stay")}
        onConfirm={closeOrder}
        onDismiss={() => setLeaving(false)}
      />
      <div className={styles.body}>
        {command === undefined ? (
          <Skeleton />
        ) : command === null ? (
          <p>{t("form.no-command", "This control service has no command {{command}}.", { command: order.command })}</p>
        ) : (
          <OrderForm order={order} command={command} onTyped={setTyped} />
        )}
      </div>
    </Drawer>
  );
}

/** Sends a wish, and the confirmation of its plan. */
function useSending(wishOf: (confirm?: string) => Wish) {
  const [step, setStep] = useState<Step>(NOT_YET);
  const submit = async (confirm?: string): Promise<void> => {
    setStep((before) => ({ ...before, isAsking: true, refusal: null }));
    try {
      setStep({ ...NOT_YET, outcome: await runCommand(wishOf(confirm)) });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setStep((before) => ({ ...before, isAsking: false, refusal: error }));
    }
  };
  return { step, submit };
}

const looksAtOnce = ({ isAtOnce }: Order, { kind, whyNot }: Command): boolean =>
  isAtOnce && kind === "read" && whyNot === null;

function useOnce(isDue: boolean, act: () => void): void {
  const isDone = useRef(false);
  useEffect(() => {
    if (!isDue || isDone.current) return;
    isDone.current = true;
    act();
  });
}

/** A tab that is closed by mistake loses what was typed. */
function useLeaveWarning(isTyped: boolean): void {
  useEffect(() => {
    if (!isTyped) return undefined;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isTyped]);
}

interface OrderFormProps {
  readonly order: Order;
  readonly command: Command;
  /** Told whether something stands in the form that was typed and is not sent. */
  readonly onTyped: (isTyped: boolean) => void;
}

function OrderForm({ order, command, onTyped }: OrderFormProps): ReactElement {
  const [start] = useState(() => startValues(order, command));
  const [values, setValues] = useState<Record<string, unknown>>(start);
  const [why, setWhy] = useState<Why>(NO_REASON);
  const { step, submit } = useSending((confirm) => ({
    ...{ command: command.name, input: toInput(values), ...why, confirm, key: order.key },
    // Somebody else than who fires is no answer to the alert.
    incident: values.who === start.who ? order.incident : null,
  }));
  const isTyped = isUnsent(step) && (values !== start || why !== NO_REASON);
  useEffect(() => onTyped(isTyped), [isTyped, onTyped]);
  const isLook = looksAtOnce(order, command);
  useOnce(isLook, () => void submit());
  if (isLook && isWaiting(step)) return <Skeleton />;
  if (step.outcome?.kind === "plan") {
    return <PlanStep {...{ step, why, setWhy, wish: titleOf(order) }} onConfirm={(token) => void submit(token)} />;
  }
  if (step.outcome !== null) return <OutcomeView outcome={step.outcome} />;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!step.isAsking && command.whyNot === null) void submit();
      }}
      style={{ display: "grid", gap: 16 }}
    >
      {fieldsOf(command.input).map((field) => (
        <SchemaField
          key={field.name}
          field={field}
          value={values[field.name]}
          onChange={(value) => setValues((before) => ({ ...before, [field.name]: value }))}
        />
      ))}
      {command.kind === "act" ? <WhyFields why={why} onChange={setWhy} hasForce={takesAgents(command)} /> : null}
      <Standing {...{ order, command, refusal: step.refusal }} />
      <div style={{ display: "flex", gap: 8 }}>
        <Button
          type="submit"
          variant={command.danger >= 2 ? "destructive" : "primary"}
          disabled={step.isAsking || command.whyNot !== null || isUnexplained(why)}
        >
          {step.isAsking ? t("form.asking", "Asking…") : titleOf({ command: command.name, input: toInput(values) })}
        </Button>
        <Button type="button" variant="secondary" onClick={closeOrder}>
          {t("form.not-now", "Not now")}
        </Button>
      </div>
    </form>
  );
}

interface StandingProps {
  readonly order: Order;
  readonly command: Command;
  readonly refusal: Refusal | null;
}

/** What has become of the wish by now, and whether one may have it. */
function Standing({ order, command, refusal }: StandingProps): ReactElement {
  return (
    <>
      {refusal === null ? null : <RefusalView refusal={refusal} wish={titleOf(order)} />}
      {command.whyNot === null ? null : (
        <p role="alert">{t("form.not-for-you", "Not for you: {{why}}", { why: command.whyNot })}</p>
      )}
      {command.kind === "act" && refusal === null ? <p>{t("form.nothing-yet", "Nothing has happened yet.")}</p> : null}
    </>
  );
}

interface PlanStepProps {
  readonly step: Step;
  readonly why: Why;
  readonly setWhy: (why: Why) => void;
  readonly wish: string;
  readonly onConfirm: (token: string) => void;
}

function PlanStep({ step, why, setWhy, wish, onConfirm }: PlanStepProps): ReactElement | null {
  if (step.outcome?.kind !== "plan") return null;
  const { planned } = step.outcome;
  const needsReason = planned.plan.secondPerson !== null || planned.plan.brakes.length > 0;
  return (
    <PlanView planned={planned} isAsking={step.isAsking} onConfirm={onConfirm} reason={why.reason}>
      {needsReason ? <WhyFields why={why} onChange={setWhy} hasForce={false} /> : null}
      {step.refusal === null ? null : <RefusalView refusal={step.refusal} wish={wish} />}
    </PlanView>
  );
}

interface Step {
  readonly isAsking: boolean;
  readonly outcome: Outcome | null;
  readonly refusal: Refusal | null;
}

interface Why {
  readonly reason: string;
  readonly force: boolean;
}

interface WhyFieldsProps {
  readonly why: Why;
  readonly hasForce: boolean;
  readonly onChange: (why: Why) => void;
}

const takesAgents = ({ input }: Command): boolean => fieldsOf(input).some(({ name }) => name === "who");

function WhyFields({ why, hasForce, onChange }: WhyFieldsProps): ReactElement {
  return (
    <>
      <Field
        label={t("form.reason", "Reason")}
        description={t("form.reason-hint", "Stands in the audit log; at most 200 characters")}
        htmlFor="order-reason"
        noMargin
      >
        <Input
          id="order-reason"
          maxLength={200}
          value={why.reason}
          onChange={(event) => onChange({ ...why, reason: event.currentTarget.value })}
        />
      </Field>
      {hasForce ? (
        <Checkbox
          label={t("form.force", "Force")}
          description={t(
            "form.force-hint",
            "Skips the graceful order over the bus and asks to pass a brake; needs a reason",
          )}
          value={why.force}
          onChange={(event) => onChange({ ...why, force: event.currentTarget.checked })}
        />
      ) : null}
    </>
  );
}

const isUnexplained = ({ force, reason }: Why): boolean => force && reason.trim() === "";
const isWaiting = ({ outcome, refusal }: Step): boolean => outcome === null && refusal === null;
const isUnsent = ({ isAsking, outcome }: Step): boolean => !isAsking && (outcome === null || outcome.kind === "plan");

const NO_REASON: Why = { reason: "", force: false };
const NOT_YET: Step = { isAsking: false, outcome: null, refusal: null };

function startValues({ input }: Order, command: Command): Record<string, unknown> {
  const known = fieldsOf(command.input).map(({ name, schema }) => [name, input[name] ?? schema.default]);
  return Object.fromEntries(known);
}

function getStyles(theme: GrafanaTheme2) {
  // As on the pages: within words a colour alone does not tell a link.
  return { body: css({ "a:not([role=button])": { color: theme.colors.text.link, textDecoration: "underline" } }) };
}
