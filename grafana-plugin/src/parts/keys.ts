import { useEffect } from "react";
import { goTo } from "./place.ts";

/** `r`, then a letter. */
export const PAGE_KEYS: Readonly<Record<string, string>> = {
  o: "overview",
  w: "alerts",
  a: "agents",
  p: "operations",
  q: "requests",
  c: "roll-call",
  b: "bus",
  l: "logs",
  d: "diagnostics",
  m: "metrics",
  u: "audit",
};

const WITHIN_MS = 1500;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));

/** Whether a key is meant for the page: not typed into a field, and not with a modifier. */
export const isForPage = (event: KeyboardEvent): boolean =>
  !isTyping(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey;

export interface PageKeys {
  /** For `r ?`. */
  readonly onHelp: () => void;
  /** For Escape, where nothing is open that it would close. */
  readonly onBack: () => void;
}

/** Keys that lead somewhere; a key never acts. Grafana's own keys are left alone. */
export function usePageKeys({ onHelp, onBack }: PageKeys): void {
  useEffect(() => {
    let pressedAt = 0;
    const press = (event: KeyboardEvent): void => {
      const isSecond = Date.now() - pressedAt < WITHIN_MS;
      pressedAt = event.key === "r" && !isSecond ? Date.now() : 0;
      if (isSecond) second(event, onHelp);
      else if (event.key === "Escape") leave(onBack);
      else SINGLE[event.key]?.(event);
    };
    // Before Grafana hears it: `r a` must not become its own `a`.
    const filtered = (event: KeyboardEvent): void => {
      if (isForPage(event)) press(event);
    };
    document.addEventListener("keydown", filtered, { capture: true });
    return () => document.removeEventListener("keydown", filtered, { capture: true });
  }, [onHelp, onBack]);
}

function second(event: KeyboardEvent, onHelp: () => void): void {
  const page = PAGE_KEYS[event.key];
  if (page === undefined && event.key !== "?") return;
  event.preventDefault();
  event.stopPropagation();
  if (page === undefined) onHelp();
  else goTo(page);
}

/** Keys that stand alone. */
const SINGLE: Readonly<Record<string, (event: KeyboardEvent) => void>> = { "/": focusSearch, ".": openActions };

function leave(onBack: () => void): void {
  if (!isSomethingOpen()) onBack();
}

// A list of choices that is closed stays in the page, but without a choice in it.
const isSomethingOpen = (): boolean =>
  document.querySelector('[role="dialog"], [role="menu"], [role="option"]') !== null;

/** The menu of what else may be done, where a page has one. */
function openActions(event: KeyboardEvent): void {
  const menu = document.querySelector<HTMLElement>("[data-actions]");
  if (menu === null) return;
  event.preventDefault();
  menu.focus();
  menu.click();
}

function focusSearch(event: KeyboardEvent): void {
  const field = document.querySelector<HTMLElement>("[data-search]");
  if (field === null) return;
  event.preventDefault();
  field.focus();
}
