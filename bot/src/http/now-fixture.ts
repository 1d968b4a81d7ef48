/** Redis time of every fixture. */
export const NOW = 1_795_000_000_000;
