/**
 * A message in the chat that shows an operation (`op-481`), an incident (`inc-7`), a request for a second person (`req-31`, and
 * `req-31:dm:U0SECOND` to one who may agree), the hand-over of a day, or a note in the thread of one (`op-481:ending`).
 */
export interface Publication {
  readonly key: string;
  /** Revision of the row that the message is to show. */
  readonly revision: number;
  /** Where it stands, if it was posted; and the revision it shows. */
  readonly posted: { readonly channel: string; readonly ts: string; readonly revision: number } | null;
  /** A post was begun whose answer was never seen: look for it before posting again. */
  readonly attempted: boolean;
}

/**
 * Which messages do not show the newest state yet. Messages are made from the rows, not from queued texts: after any crash
 * the next round finds what is behind and edits it.
 */
export interface Publications {
  /** Operations without an incident, incidents, requests, and the notes of what has ended; oldest first. @throws Failure "unavailable" */
  behind(limit: number): Promise<Publication[]>;
  find(key: string): Promise<Publication | null>;
  /** Wants one more message of a row, which follows the row from then on; nothing changes if it is wanted already. */
  want(key: string, revision: number): Promise<void>;
  /** Gives up a message that was never posted. */
  forget(key: string): Promise<void>;
  /** Key of the row that the message shows; null if it shows none. @throws Failure "unavailable" */
  keyAt(at: { channel: string; ts: string }): Promise<string | null>;
  markAttempt(key: string, channel: string): Promise<void>;
  markShown(key: string, shown: { channel: string; ts: string; revision: number }): Promise<void>;
}
