import { readFileSync, rmSync } from 'node:fs'
import { isGone, ownerOf } from '../../bench/ab/owner.ts'
import { FaultlineError } from '../../errors/faultline-error.ts'
import { withoutMark } from '../../errors/file-content.ts'
import { checkOutput, save } from './output.ts'
import { notWritten, reasonOf } from './trouble.ts'
import { writeWhole } from './write-whole.ts'

const PATIENCE_MS = 10_000
const PAUSE_MS = 20

/** The text of a history; '' if there is none yet. */
export function readHistory(file: string, mayBeMissing: boolean): string {
  try {
    return withoutMark(readFileSync(file, 'utf8'))
  } catch (cause) {
    if (mayBeMissing && (cause as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new FaultlineError('BAD_HISTORY', 'usage', `${file} cannot be read: ${reasonOf(cause)}`, {
      hint: '`faultline trend FILE --append RESULT` begins one.',
      cause,
    })
  }
}

/**
 * Appends a line to a history atomically: a new file is written beside the old one and renamed over it, by one process
 * at a time. `lineFor` receives the current content of the history.
 */
export async function appendLine(file: string, input: string, lineFor: (text: string) => string): Promise<void> {
  const output = { path: file, kind: 'history', inputs: [input] } as const
  checkOutput(output)
  const unlock = await lock(`${file}.lock`)
  try {
    const text = readHistory(file, true)
    const line = lineFor(text)
    // A line that an editor or a full disk left without its end is a separate line.
    save(output, `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`)
  } finally {
    unlock()
  }
}

/** Creates a file that names the process that holds the lock. A lock of a process that no longer exists is ignored. */
async function lock(path: string): Promise<() => void> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      // Written with its content or not at all: a lock that names no process would be held forever.
      writeWhole(path, ownerOf(process.pid), { replaces: false })
      return () => rmSync(path, { force: true })
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw notWritten(path, cause)
    }
    if (isAbandoned(path)) rmSync(path, { force: true })
    else if (performance.now() > end) throw busy(path)
    else await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

function isAbandoned(path: string): boolean {
  try {
    return isGone(readFileSync(path, 'utf8'))
  } catch {
    return false
  }
}

const busy = (path: string) =>
  new FaultlineError('HISTORY_IN_USE', 'run', `another process has held ${path} for ${PATIENCE_MS / 1000} s`, {
    hint: 'If no other faultline is running, remove that file.',
  })
