const NONE = { oracles: false, recorder: false, lockStatistics: false, lockdep: false }

/** What may watch a fault, and all of them, as in trials for latency. */
export const INSTRUMENTS = {
  none: NONE,
  oracles: { ...NONE, oracles: true },
  recorder: { ...NONE, recorder: true },
  'lock statistics': { ...NONE, lockStatistics: true },
  lockdep: { ...NONE, lockdep: true },
  all: { oracles: true, recorder: true, lockStatistics: true, lockdep: true },
}
