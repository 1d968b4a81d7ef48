/** Faults that an agent can be told to have, to rehearse them; each ends with a restart of the process. */
export const FAULTS = [
  "crash",
  "hang",
  "stop-consuming",
  "drop-subscription",
  "slow",
  "leak",
  "wrong-version",
  "skewed-clock",
] as const;
export type Fault = (typeof FAULTS)[number];

/** Ends the faults that can end without a restart: all but a crash, a hang and a stop. */
export const END_OF_FAULTS = "end";
