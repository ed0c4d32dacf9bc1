import { readFileSync } from 'node:fs'
import type { Result } from '../../bench/result.ts'
import { validate } from '../../bench/schema.ts'
import { FaultlineError } from '../../errors/faultline-error.ts'
import { withoutMark } from '../../errors/file-content.ts'

/** The size of a result: finished runs, and trials of all runs. */
export type Held = { readonly runs: number; readonly trials: number }

export const NOTHING: Held = { runs: 0, trials: 0 }

export const heldBy = ({ runs }: Pick<Result, 'runs'>): Held => ({
  runs: runs.filter(({ error }) => error === null).length,
  trials: runs.reduce((sum, { trials }) => sum + trials.length, 0),
})

export const isLess = (a: Held, b: Held): boolean => a.runs < b.runs || a.trials < b.trials

/** The size of the result in a file; a damaged file has nothing that could be lost. */
export function heldIn(path: string): Held {
  try {
    return heldBy(validate(JSON.parse(withoutMark(readFileSync(path, 'utf8'))), path))
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof FaultlineError) return NOTHING
    throw cause
  }
}

export const heldText = ({ runs, trials }: Held): string =>
  `${runs} run${runs === 1 ? '' : 's'} of ${trials} trial${trials === 1 ? '' : 's'}`
