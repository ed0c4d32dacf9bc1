import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { FaultlineError } from '../bench/error.ts'

/** Writes a file whole or not at all: to a temporary one beside it, which then takes its name. */
export function saveAtomically(path: string, text: string): void {
  const temporary = join(dirname(path), `.${process.pid}.faultline.tmp`)
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(temporary, text)
    renameSync(temporary, path)
  } catch (cause) {
    rmSync(temporary, { force: true })
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FaultlineError('NOT_SAVED', 'usage', `${path} cannot be written: ${reason}`, {
      hint: 'Give another place with --out FILE.',
      cause,
    })
  }
}
