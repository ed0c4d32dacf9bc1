import { describeSource } from '../bench/host.ts'
import type { CheckArgs } from './check-flags.ts'
import { checkOutput, type Output, save } from './files/output.ts'
import type { Io } from './io.ts'

/** What `check` found, as data: the value that `--json` prints, by the kind of question. */
export type Found = {
  readonly kind: 'explorations' | 'mutants' | 'worst' | 'lock' | 'litmus'
  /** False if the time was up, or a signal came, before everything was explored. */
  readonly isComplete: boolean
  readonly found: unknown
}

export const foundJson = ({ found }: Pick<Found, 'found'>): string => JSON.stringify(found, null, 1)

/** The file of `--out`, if it may be written. */
export function foundAt({
  out,
  force,
  name,
  file,
}: Pick<CheckArgs, 'out' | 'force' | 'name' | 'file'>): Output | undefined {
  if (out === undefined) return undefined
  const output = { path: out, kind: 'check', force, inputs: [name, file] } as const
  checkOutput(output)
  return output
}

/** Writes the file of `--out`: what `--json` prints, with the command and the source that it is of. */
export function saveFound(output: Output | undefined, { kind, isComplete, found }: Found, io: Io): void {
  if (output === undefined) return
  const head = { schema: 'faultline.check', version: 1, createdAt: new Date().toISOString(), command: io.command }
  save(output, `${JSON.stringify({ ...head, source: describeSource(), kind, isComplete, found }, null, 1)}\n`)
}
