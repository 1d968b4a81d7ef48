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

/**
 * As `shareLook`, where each asks about a subject of its own: what is asked about meanwhile is looked at together.
 * @param look at all of these subjects at once
 */
export function shareLookAt<Subject, Seen>(
  look: (subjects: ReadonlySet<Subject>) => Promise<Seen>,
): (subject: Subject) => Promise<Seen> {
  let wanted = new Set<Subject>();
  const share = shareLook(() => {
    const subjects = wanted;
    wanted = new Set();
    return look(subjects);
  });
  return (subject) => {
    wanted.add(subject);
    return share();
  };
}
