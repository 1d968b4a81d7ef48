import type { ChatMessage, ModalWindow } from "@rollcall/core/adapters/slack/chat.ts";
import { type Plan, wordsToType } from "@rollcall/core/domain/plan.ts";
import { planLines, planTitle, validLine } from "@rollcall/core/plan-words.ts";
import type { PlanAnswer } from "@rollcall/core/run-command.ts";
import type { KnownBlock } from "@slack/types";
import { context, section } from "./blocks.ts";
import { buttonRow, dismissButton, type Order } from "./buttons.ts";
import { verbOf } from "./operation-words.ts";
import { cut, escapeText, lockScreen, markup, plain } from "./text.ts";

/** A plan as it is shown: why the person wants it, as far as they have said. */
export interface ShownPlan extends PlanAnswer {
  readonly reason: string | null;
  /** The operation that it takes back. */
  readonly undo?: string | undefined;
}

const NOTHING_YET = "Nothing has happened yet.";

/** The words of the button that goes on: "Ask a second person", "Restart 3 agents". */
function confirmLabel(plan: Plan): string {
  if (plan.secondPerson !== null) return "Ask a second person";
  const { noun } = verbOf(plan.command);
  const [only] = plan.subjects;
  const what = plan.subjects.length === 1 && only !== undefined ? only : String(plan.subjects.length || "");
  return `${noun} ${what}`.trim();
}

/** Whether a press is not enough: a reason is missing, or something has to be typed. */
export const needsWindow = ({ plan, reason }: Pick<ShownPlan, "plan" | "reason">): boolean =>
  (plan.secondPerson !== null && reason === null) || wordsToType(plan) !== null;

/** A plan where no window can be opened: in a thread, after a mention, in a direct message. */
export function planMessage(shown: ShownPlan): ChatMessage {
  const { plan, confirm, changed } = shown;
  const title = planTitle(plan);
  if (changed !== null && confirm !== null)
    return {
      text: lockScreen(`⌛ ${changed}`),
      blocks: [section(`⌛ ${markup(changed, 900)}`), ...buttonRow([{ label: "See the new plan", order: see(shown) }])],
    };
  const label = confirmLabel(plan) + (needsWindow(shown) ? "…" : "");
  const go = confirm === null ? [] : [{ label, order: confirmOrder(shown, confirm.token), danger: true }];
  return {
    text: lockScreen(`${title}? ${NOTHING_YET}`),
    blocks: [
      ...planBlocks(plan),
      context(markup(confirm === null ? NOTHING_YET : validLine({ plan, expiresAt: confirm.expiresAt }), 600)),
      ...buttonRow(confirm === null ? [] : [...go, dismissButton("Not now")]),
    ],
  };
}

const planBlocks = (plan: Plan): KnownBlock[] => {
  const lines = planLines(plan).map((line) => markup(line, 600));
  return [section(cut(`*${escapeText(planTitle(plan))}*\n${lines.join("\n")}`, 2900))];
};

const confirmOrder = ({ plan, undo }: ShownPlan, confirm: string): Order => ({
  ...{ command: plan.command, input: {}, confirm },
  ...(undo !== undefined && { undo }),
});
const see = (shown: ShownPlan): Order => ({ ...confirmOrder(shown, shown.confirm?.token ?? ""), see: true });

/** Name of the window, and of its fields. */
export const PLAN_VIEW = "plan";
const REASON = "reason";
const TYPED = "typed";
// Slack's limits of views: docs.slack.dev.
const SUBMIT_LABEL = 24;
const MOST_REASON = 200;

const word = (text: string, most = 75) => ({
  type: "plain_text" as const,
  text: plain(text, most) || "–",
  emoji: true,
});
const frame = (blocks: KnownBlock[]): ModalWindow => ({
  ...{ type: "modal", title: word("Plan"), close: word("Close") },
  blocks,
});

/** Opened at once, because Slack allows three seconds; what it would do is worked out meanwhile. */
export const workingView = (): ModalWindow => frame([section("Working out what this would do…"), context(NOTHING_YET)]);

/** The plan with what a person has to add to it. */
export function planView(shown: ShownPlan): ModalWindow {
  const { plan, confirm, changed } = shown;
  if (confirm === null) return frame([...planBlocks(plan), context(`Only shown. ${NOTHING_YET}`)]);
  const carried = { callback_id: PLAN_VIEW, submit: word(confirmLabel(plan), SUBMIT_LABEL) };
  if (changed !== null) {
    const metadata = JSON.stringify(see(shown));
    const notice = frame([section(`⌛ ${markup(changed, 900)}`)]);
    return { ...notice, ...carried, submit: word("See the new plan"), private_metadata: metadata };
  }
  const typed = wordsToType(plan);
  const blocks = [
    ...planBlocks(plan),
    ...reasonField(shown),
    ...(typed === null ? [] : [typedField(typed)]),
    context(markup(validLine({ plan, expiresAt: confirm.expiresAt }), 600)),
  ];
  return { ...frame(blocks), ...carried, private_metadata: JSON.stringify(confirmOrder(shown, confirm.token)) };
}

const reasonField = ({ plan, reason }: ShownPlan): KnownBlock[] => [
  {
    ...{ type: "input", block_id: REASON, label: word("Reason"), optional: plan.secondPerson === null },
    hint: word("The second person sees it, and it stays in the audit log.", 150),
    element: {
      ...{ type: "plain_text_input", action_id: REASON, max_length: MOST_REASON },
      ...(reason !== null && { initial_value: reason }),
    },
  },
];

const typedField = (words: string): KnownBlock => ({
  ...{ type: "input", block_id: TYPED, label: word(`Type ${words}`) },
  hint: word("It touches every agent of the fleet.", 150),
  element: { type: "plain_text_input", action_id: TYPED, max_length: 60 },
});

/** What was filled in. @param values `view.state.values` of a submission */
export function filledIn(values: unknown): { reason: string | null; typed: string | null } {
  const field = (name: string): string | null => {
    const found = (values as Record<string, Record<string, { value?: unknown }>> | null)?.[name]?.[name]?.value;
    return typeof found === "string" && found.trim() !== "" ? found.trim().slice(0, MOST_REASON) : null;
  };
  return { reason: field(REASON), typed: field(TYPED) };
}

/** The field that a refusal belongs to. */
export const typedRefused = (words: string): Record<string, string> => ({
  [TYPED]: `Type exactly: ${words}. Nothing was done.`,
});
