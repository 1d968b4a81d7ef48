/** Roles, each including the ones before it. */
export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** `page`: the control service's own pages, by a Google session; `host`: a person at the machine itself. */
export const DOORS = ["slack", "http", "terminal", "grafana", "page", "schedule", "alertmanager", "host"] as const;
export type Door = (typeof DOORS)[number];

/** Who asks: a person known to the directory, a stranger at a door (role null), or one of our own fixed actors. */
export interface Actor {
  /** Id of the person in the directory; `slack:T1/U1` for a stranger; `schedule:<name>` or `alertmanager` for our own. */
  readonly id: string;
  readonly name: string;
  readonly role: Role | null;
  readonly person: boolean;
  /** Where the rights come from, in words: `access.yaml`. */
  readonly source: string;
  /** Addresses of the groups that the person is in, as far as they grant something here. */
  readonly groups?: readonly string[];
  /** Commands it may run at most, whatever its role; left out: all that the role allows. */
  readonly only?: readonly string[];
  /** Slack user id, if the person has one; used to mention who acted. */
  readonly slackUser: string | null;
}

export const hasRole = (actor: Pick<Actor, "role">, needed: Role): boolean =>
  actor.role !== null && ROLES.indexOf(actor.role) >= ROLES.indexOf(needed);
