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

/** Keys that lead somewhere; a key never acts. Grafana's own keys are left alone. @param onHelp for `r ?` */
export function usePageKeys(onHelp: () => void): void {
  useEffect(() => {
    let pressedAt = 0;
    const press = (event: KeyboardEvent): void => {
      const isSecond = Date.now() - pressedAt < WITHIN_MS;
      pressedAt = event.key === "r" && !isSecond ? Date.now() : 0;
      if (isSecond) second(event, onHelp);
      else if (event.key === "/") focusSearch(event);
    };
    // Before Grafana hears it: `r a` must not become its own `a`.
    const filtered = (event: KeyboardEvent): void => {
      if (isForPage(event)) press(event);
    };
    document.addEventListener("keydown", filtered, { capture: true });
    return () => document.removeEventListener("keydown", filtered, { capture: true });
  }, [onHelp]);
}

function second(event: KeyboardEvent, onHelp: () => void): void {
  const page = PAGE_KEYS[event.key];
  if (page === undefined && event.key !== "?") return;
  event.preventDefault();
  event.stopPropagation();
  if (page === undefined) onHelp();
  else goTo(page);
}

function focusSearch(event: KeyboardEvent): void {
  const field = document.querySelector<HTMLElement>("[data-search]");
  if (field === null) return;
  event.preventDefault();
  field.focus();
}
