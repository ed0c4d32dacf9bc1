import { accessSync, constants, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { FaultlineError } from '../bench/error.ts'

/** Where results go unless told otherwise, under the current folder. */
const RESULTS = 'results'

/** A name for the result of a plan: `results/2026-11-21T073600Z-precheck.json`, which sorts by time. */
export function resultPath(plan: string, date: Date): string {
  const stamp = date
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '')
  mkdirSync(RESULTS, { recursive: true })
  return join(RESULTS, `${stamp}-${plan}.json`)
}

/** Refuses a place that cannot be written to, before there is anything to lose. */
export function checkWritable(path: string): void {
  const folder = dirname(path)
  try {
    if (!statSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`)
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new Error('it is a folder')
    accessSync(folder, constants.W_OK)
  } catch (cause) {
    throw notSaved(path, cause)
  }
}

/** Writes a file whole or not at all: to a temporary one beside it, which then takes its name. */
export function saveAtomically(path: string, text: string): void {
  const temporary = join(dirname(path), `.${process.pid}.faultline.tmp`)
  try {
    writeFileSync(temporary, text)
    renameSync(temporary, path)
  } catch (cause) {
    rmSync(temporary, { force: true })
    throw notSaved(path, cause)
  }
}

function notSaved(path: string, cause: unknown): FaultlineError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new FaultlineError('NOT_SAVED', 'usage', `${path} cannot be written: ${reason}`, {
    hint: 'Give another place with --out FILE; its folder must exist.',
    cause,
  })
}
