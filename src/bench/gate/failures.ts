import type { Result, Run } from '../result.ts'
import { SCENARIOS } from '../scenarios/all.ts'
import { runKey } from './exact.ts'

/** A failure that no figure can compensate: a run that failed, or a forbidden outcome. */
export type Failure = { readonly run: string; readonly kind: 'error' | 'forbidden'; readonly says: string }

/** Errors and forbidden outcomes of these runs; a variant that is broken on purpose is there to show its own. */
export function failuresOf({ runs }: Result, isAsked: (run: Run) => boolean): Failure[] {
  return runs
    .filter(isAsked)
    .flatMap((run): Failure[] => [
      ...(run.error === null ? [] : [{ run: runKey(run), kind: 'error' as const, says: run.error.message }]),
      ...(isBroken(run) ? [] : forbiddenOf(run)),
    ])
}

const forbiddenOf = (run: Run): Failure[] =>
  run.outcomes
    .filter(({ grade }) => grade === 'forbidden')
    .map(({ outcome, count, says }) => ({
      run: runKey(run),
      kind: 'forbidden',
      says: `${outcome}, ${count} ${count === 1 ? 'time' : 'times'}: ${says}`,
    }))

const isBroken = ({ scenario, variant }: Run): boolean =>
  SCENARIOS.find(({ name }) => name === scenario)?.variants.find(({ name }) => name === variant)?.kind === 'broken'
