/**
 * One look serves all who ask for it meanwhile, so that its cost does not grow with their number. Nobody gets a look that
 * began before they asked: who comes while one is under way shares the next one.
 * @returns the same look; what it throws is thrown to each who shares it
 */
export function shareLook<Seen>(look: () => Promise<Seen>): () => Promise<Seen> {
  let underWay: Promise<Seen> | null = null;
  let next: Promise<Seen> | null = null;
  const begin = (): Promise<Seen> => {
    const begun = look().finally(() => {
      if (underWay === begun) underWay = null;
    });
    underWay = begun;
    return begun;
  };
  return () => {
    if (underWay === null) return begin();
    next ??= underWay
      .catch(() => null)
      .then(() => {
        next = null;
        return begin();
      });
    return next;
  };
}
