const STEP_BYTES = 8 * 2 ** 20;
const EVERY_MS = 250;
/** Enough to be seen, and so little that a machine survives a rehearsal on some agents at once. */
const MOST_BYTES = 192 * 2 ** 20;

/** A drill: memory that is taken and never given back, until it is told to, or there is enough of it. */
export function createLeak() {
  let kept: Buffer[] = [];
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    clearInterval(timer);
    kept = [];
  };
  return {
    begin() {
      end();
      timer = setInterval(() => {
        // Filled, because memory that nobody wrote to is not there yet.
        kept.push(Buffer.alloc(STEP_BYTES, 1));
        if (kept.length * STEP_BYTES >= MOST_BYTES) clearInterval(timer);
      }, EVERY_MS).unref();
    },
    end,
  };
}
