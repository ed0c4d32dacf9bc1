import { allEnd, type Exploration } from './exploration.ts'

/** An exploration, and whether its oracle can have asserted anything: one that never looks says the same of every execution. */
export type WatchedOracle<Subject> = { readonly exploration: Exploration<Subject>; readonly mayAssert: () => boolean }

/** Observes whether the oracle reads a value in memory, or a return value of an actor. */
export function watchOracle<Subject>(exploration: Exploration<Subject>): WatchedOracle<Subject> {
  const { oracle } = exploration ?? {}
  if (typeof oracle !== 'function') return { exploration, mayAssert: () => false }
  if (oracle === allEnd) return { exploration, mayAssert: () => true }
  let hasLooked = false
  const watched: NonNullable<typeof oracle> = ({ subject, valueIn, results }) =>
    oracle({
      subject,
      valueIn: (word) => {
        hasLooked = true
        return valueIn(word)
      },
      get results() {
        hasLooked = true
        return results
      },
    })
  return { exploration: { ...exploration, oracle: watched }, mayAssert: () => hasLooked }
}
