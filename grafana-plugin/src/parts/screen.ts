import { useSyncExternalStore } from "react";

const NARROW = "(max-width: 599px)";

/** For styles: a phone, held upright. */
export const PHONE = `@media ${NARROW}`;

/** What a thumb can hit, in pixels. */
export const THUMB_PX = 44;

const follow = (changed: () => void): (() => void) => {
  const query = window.matchMedia(NARROW);
  query.addEventListener("change", changed);
  return () => query.removeEventListener("change", changed);
};

/** Whether the screen is as narrow as a phone's. */
export const useIsPhone = (): boolean => useSyncExternalStore(follow, () => window.matchMedia(NARROW).matches);
