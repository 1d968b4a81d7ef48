/** Somebody who is rung at this moment. */
export interface OnCallTurn {
  readonly name: string;
  /** 1 is rung first. */
  readonly level: number;
  readonly policy: string;
  /** Null: always, by the policy itself. */
  readonly schedule: string | null;
  /** Milliseconds since the epoch; null: nobody said when it ends. */
  readonly until: number | null;
}

/** Who is rung, as the pager's own plan says. */
export interface OnCalls {
  /** By policy and level. @returns with the moment of the answer @throws Failure "unavailable" */
  now(): Promise<{ readonly asOf: number; readonly turns: readonly OnCallTurn[] }>;
}
