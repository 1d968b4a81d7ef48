/**
 * The Redis keys of one fleet.
 * Hash tags are per topic, per agent, per command and one for the fleet itself, so that no command spans two slots of a
 * Redis Cluster.
 * @param fleet name of the fleet, `^[a-z][a-z0-9-]{0,62}$`
 */
export function keysOf(fleet: string) {
  return {
    /** String: the compiled fleet as JSON. Written by the control service only. */
    fleet: `rc:{${fleet}}:fleet`,
    /** Sorted set: agent id → Redis time of its last beat, ms. */
    beats: `rc:{${fleet}}:beats`,
    /** Hash: agent id → sealed heartbeat. */
    presence: `rc:{${fleet}}:presence`,
    /** String: Redis time of the last canary round, ms. Written by the leader of the control services. */
    canaryRound: `rc:{${fleet}}:canary-round`,
    /** Hash: foreign agent id → what its supervisor last said of its process. Written by the leader. */
    processes: `rc:{${fleet}}:processes`,
    /** Sorted set: agent id and restart or maintenance on it → Redis time when it was last under way, ms. Written by the leader. */
    plannedWork: `rc:{${fleet}}:planned-work`,
    /** Stream: what agents report of their runs, sealed; taken off when it is stored. */
    runs: `rc:{${fleet}}:runs`,
    /** Stream: what processes said, sealed, that found a newer one with their agent's id. Cut by its length. */
    fenced: `rc:{${fleet}}:fenced`,
    /** Stream of one entry: what a control service writes to see whether Redis still takes messages. */
    probe: `rc:{${fleet}}:probe`,
    /** Stream: control messages to all agents at once; trimmed by time. Written by the control service only. */
    broadcast: `rc:{${fleet}}:broadcast`,
    /** String: the agent's current epoch. */
    epoch: (agent: string) => `rc:${fleet}:{agent:${agent}}:epoch`,
    /** Stream: control messages for the agent; never trimmed by MAXLEN. */
    inbox: (agent: string) => `rc:${fleet}:{agent:${agent}}:inbox`,
    /** Stream: what was published on the topic. */
    topic: (topic: string) => `rc:${fleet}:{topic:${topic}}:stream`,
    /** Hash: `<group> undelivered` and `<group> in-hand` → entries that were cut from the topic before the group had them. */
    lost: (topic: string) => `rc:${fleet}:{topic:${topic}}:lost`,
    /** Stream: what could not be handled, with the reason. */
    deadLetters: (topic: string) => `rc:${fleet}:{topic:${topic}}:dead`,
    /** Stream: the answers to one control message (or to one roll call of many). */
    replies: (command: string) => `rc:${fleet}:{command:${command}}:replies`,
  };
}
export type Keys = ReturnType<typeof keysOf>;

/** Consumer group that an agent reads its own inbox with. */
export const INBOX_GROUP = "agent";
