import { mkdirSync } from 'node:fs'
import { notWritten } from './trouble.ts'

/** Makes a folder for `path`, or says in a sentence why it cannot be. */
export function makeFolder(folder: string, path = folder): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (cause) {
    const isTaken = (cause as NodeJS.ErrnoException).code === 'EEXIST'
    throw notWritten(path, isTaken ? { code: 'ENOTDIR' } : cause)
  }
}
