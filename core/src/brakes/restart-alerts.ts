/**
 * Alerts that a restart of an agent causes by itself: it is gone for a moment, takes no work, and what waits for it grows. All
 * others ring as ever, and so does whatever fired before.
 */
export const RESTART_ALERTS = ["AgentGone", "AgentNotWorking", "SubscriptionDead", "BusLagGrowing"] as const;
