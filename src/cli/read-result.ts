import { isAscii } from 'node:buffer'
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { digestOf } from '../bench/digest.ts'
import type { Result } from '../bench/result.ts'
import { validate } from '../bench/schema.ts'
import { tamed } from '../bench/visible.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { notJson, withoutMark } from '../errors/file-content.ts'
import { shellWord } from '../errors/shell-word.ts'
import { pathOrSaved, savedHint } from './files/saved.ts'
import { reasonOf } from './files/trouble.ts'
import type { Io } from './io.ts'

/** Reads a result file, or standard input for `-`, to be shown: names in it are as a line may hold them. A change since it was written is told on standard error. */
export async function readResult(path: string, io: Io): Promise<Result> {
  const { isPlain, result } = await read(path, io)
  if (result.digest !== undefined && result.digest !== digestOf(result)) io.err(alteredText(path))
  return isPlain ? result : tamed(result)
}

const alteredText = (path: string) =>
  `${path} was altered after it was written; \`faultline verify ${shellWord(path)}\` says what no longer follows from its trials\n`

/** The same in its raw form, to be checked or rewritten. Errors say what is wrong with the file. */
export const readAsWritten = async (path: string, io: Io): Promise<Result> => (await read(path, io)).result

type Read = {
  readonly result: Result
  /** No text in it holds anything but letters that every terminal shows. Of most files that is known at once. */
  readonly isPlain: boolean
}

async function read(path: string, io: Io): Promise<Read> {
  const bytes = path === '-' ? await buffer(io.stdin()) : contentOf(pathOrSaved(path))
  const content = bytes.toString('utf8')
  const isPlain = isAscii(bytes) && !bytes.includes(DELETE) && !ESCAPES.test(content)
  try {
    return { isPlain, result: validate(JSON.parse(withoutMark(content)), path) }
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new FaultlineError('NOT_JSON', 'usage', `${path} ${notJson(content, cause)}`, {
      hint: 'A result file is what `faultline bench --out FILE` writes.',
      cause,
    })
  }
}

/** The one control character that JSON allows in a text as it is. */
const DELETE = 0x7f
/** Other than of a quotation mark, or of itself. */
const ESCAPES = /\\[^"\\]/

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new FaultlineError('NOT_READ', 'usage', `${path} cannot be read: ${reasonOf(cause)}`, {
      hint: savedHint(path) ?? '`faultline bench --out FILE` writes one, and `--save NAME` keeps one under a name.',
      cause,
    })
  }
}

const HEAD_BYTES = 256

/** Whether a file may be a result: a recording is text in lines, or packed, and may be too large to read at once. */
export function beginsAsJson(path: string): boolean {
  const head = Buffer.alloc(HEAD_BYTES)
  const file = openSync(path, 'r')
  try {
    return /^[\s\uFEFF]*[{[]/.test(head.toString('utf8', 0, readSync(file, head)))
  } catch (cause) {
    // A folder, for example: reading it as a result gives the right message.
    if ((cause as NodeJS.ErrnoException).code === 'EISDIR') return true
    throw cause
  } finally {
    closeSync(file)
  }
}
