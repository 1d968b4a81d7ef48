/**
 * Waits for something that is worth only so much time; it goes on without us.
 * @returns null if it was not there in time, or had failed by then
 * @throws what it fails with in time
 */
export async function waitAtMost<Value>(work: Promise<Value>, ms: number): Promise<Value | null> {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), ms);
  // What fails after that is nobody's answer any more.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
