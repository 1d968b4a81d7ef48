import type { Page } from "playwright-core";

interface Interaction {
  /** Selector of what is on the page once the interaction is shown, and not before. */
  readonly shown: string;
  /** Gives the browser one click, key, input or scroll. */
  readonly act: () => Promise<unknown>;
}

const NAME = "bench.interaction";
const PATIENCE_MS = 20_000;

/** From the event in the browser to the frame that shows what it brings, by `performance.measure`. @returns ms */
export async function measureInteraction(page: Page, { shown, act }: Interaction): Promise<number> {
  const measured = page.evaluate(
    ([selector, name, patience]) =>
      new Promise<number>((resolve, reject) => {
        setTimeout(() => reject(new Error(`not shown within ${patience} ms: ${selector}`)), patience);
        const events = ["keydown", "input", "click", "scroll"];
        const begin = (event: Event): void => {
          for (const one of events) document.removeEventListener(one, begin, true);
          const start = event.timeStamp;
          const look = (): void => {
            if (document.querySelector(selector) === null) return void requestAnimationFrame(look);
            // A message comes after the frame was painted.
            const painted = new MessageChannel();
            painted.port1.onmessage = () => resolve(performance.measure(name, { start }).duration);
            requestAnimationFrame(() => painted.port2.postMessage(null));
          };
          look();
        };
        for (const one of events) document.addEventListener(one, begin, true);
      }),
    [shown, NAME, PATIENCE_MS] as const,
  );
  const [duration] = await Promise.all([measured, act()]);
  return duration;
}
