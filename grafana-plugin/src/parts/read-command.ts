import { useEffect, useRef, useState } from "react";
import type { Report } from "../api/contract.ts";
import { refreshChoice, refreshMs } from "../api/refresh.ts";
import { Refusal } from "../api/refusal.ts";
import { newKey, runCommand } from "../api/run-command.ts";
import { useStore } from "../api/store.ts";

interface ReadState {
  readonly report: Report | null;
  readonly data: unknown;
  readonly refusal: Refusal | null;
}

const NOTHING: ReadState = { report: null, data: null, refusal: null };

/**
 * Follows the answer of a command that only looks; asked again every so often while the tab is seen.
 * @param everyMs null: asked once
 */
export function useReadCommand(
  command: string,
  input: Readonly<Record<string, unknown>>,
  everyMs: number | null,
): ReadState & { again: () => void } {
  const [state, setState] = useState<ReadState>(NOTHING);
  const asked = JSON.stringify(input);
  const againMs = refreshMs(useStore(refreshChoice), everyMs);
  const again = useRef<() => void>(() => undefined);
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      clearTimeout(timer);
      const next = document.hidden ? null : await readOnce(command, JSON.parse(asked) as Record<string, unknown>);
      if (isOver) return;
      if (next !== null) setState((before) => ({ ...before, ...next }));
      if (againMs !== null) timer = setTimeout(() => void ask(), againMs);
    };
    again.current = () => void ask();
    void ask();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [command, asked, againMs]);
  return { ...state, again: () => again.current() };
}

/** What was known stays when a newer look is refused. */
async function readOnce(command: string, input: Readonly<Record<string, unknown>>): Promise<Partial<ReadState>> {
  try {
    const outcome = await runCommand({ command, input, key: newKey() });
    return outcome.kind === "report" ? { report: outcome.report, data: outcome.data, refusal: null } : {};
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { refusal: error };
  }
}
