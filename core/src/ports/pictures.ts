/** A card that is to get a picture in its thread. */
export interface WantedPicture {
  /** `inc-7` */
  readonly incident: string;
  readonly channel: string;
  /** The card. */
  readonly thread: string;
  /** How often a picture was handed over whose arrival nobody saw yet. */
  readonly attempts: number;
}

/** Which cards have no picture yet. Each gets one at most. */
export interface Pictures {
  /**
   * Incidents that fire since 10 s to 30 min, whose card stands and whose picture does not; a picture that was handed over is
   * looked for after 10 s, and not tried more than three times. The newest first.
   * @throws Failure "unavailable"
   */
  wanted(limit: number): Promise<WantedPicture[]>;
  /** Writes down that a picture is handed over. @returns false if another process has done so meanwhile */
  begin(wanted: WantedPicture): Promise<boolean>;
  /** The card needs no more attention. @param ts of the message with the picture; null: there is none to show */
  settle(incident: string, ts: string | null): Promise<void>;
}
