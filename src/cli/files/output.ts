import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs'
import { dirname, normalize, sep } from 'node:path'
import type { Texts } from '../../bench/result-text.ts'
import { FaultlineError } from '../../errors/faultline-error.ts'
import { makeFolder } from './make-folder.ts'
import { isOfSystem, notWritten } from './trouble.ts'
import { type Identity, tryFolder, writeWhole } from './write-whole.ts'

/** How a file of each kind begins. A kind that is not listed cannot be recognised. */
const BEGINS = {
  result: /"schema"\s*:\s*"faultline\.result"/,
  history: /"schema"\s*:\s*"faultline\.history"/,
  check: /"schema"\s*:\s*"faultline\.check"/,
  profile: /"schema"\s*:\s*"faultline\.profile"/,
  /** A sum and a name a line, as sha256sum writes them. */
  manifest: /^[0-9a-f]{64} {2}\S/,
  page: /<meta name="generator" content="faultline">/,
  export: undefined,
} as const

/** A file that a command is about to write. */
export type Output = {
  readonly path: string
  readonly kind: keyof typeof BEGINS
  /** Whether the user allowed replacing a file of another kind. */
  readonly force?: boolean | undefined
  /** Files that the command reads, none of which it may replace. */
  readonly inputs?: readonly (string | undefined)[]
  /** The flag that names it. */
  readonly flag?: string
}

/** The existing file of that name; undefined if there is none. */
export type Present = Identity & { readonly mode: number; readonly isEmpty: boolean }

/** Refuses files that must not be replaced or cannot be written, before any work is done. */
export function checkOutput(output: Output): Present | undefined {
  const present = presentAt(output)
  try {
    tryFolder(output.path)
  } catch (cause) {
    throw notWritten(output.path, cause)
  }
  return present
}

/** Writes it whole or not at all, if it may be written. */
export function save(output: Output, text: string | Texts): void {
  const present = presentAt(output)
  try {
    writeWhole(output.path, text, { mode: present?.mode, replaces: present !== undefined })
  } catch (cause) {
    throw notWritten(output.path, cause)
  }
}

export function presentAt({ path, kind, force, inputs = [], flag = '--out' }: Output): Present | undefined {
  if (path.trim() === '' || path === '-')
    throw refused(`'${path}'`, 'is not the name of a file', `Give one: ${flag} FILE.`)
  if (isBelowResults(path)) makeFolder(dirname(path), path)
  const stats = statusOf(path)
  if (stats === undefined) return undefined
  checkKindOfFile(path, stats, flag)
  if (inputs.some((input) => input !== undefined && isSame(stats, input))) {
    throw refused(path, 'is read by this very command', `Give another place with ${flag} FILE.`)
  }
  if ((stats.mode & 0o222) === 0 || !isWritable(path)) {
    throw refused(path, 'is read-only', `Give another place with ${flag} FILE, or make it writable.`)
  }
  if (stats.size > 0 && force !== true && !isOfKind(path, kind)) {
    throw refused(
      path,
      BEGINS[kind] === undefined ? 'exists already' : `exists already, and is not a ${kind} of faultline`,
      `Give another place with ${flag} FILE, or --force to replace it.`,
    )
  }
  const { dev, ino, mtimeMs, mode, size } = stats
  return { dev, ino, mtimeMs, mode: mode & 0o7777, isEmpty: size === 0 }
}

/** `results/` of the current folder is ours: it is made, where another folder that is not there is taken for a mistake. */
const isBelowResults = (path: string) => normalize(path).split(sep)[0] === 'results'

function statusOf(path: string): Stats | undefined {
  try {
    const folder = statSync(dirname(path))
    if (!folder.isDirectory()) throw notWritten(path, { code: 'ENOTDIR' })
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (cause) {
    throw cause instanceof FaultlineError ? cause : notWritten(path, cause)
  }
}

function checkKindOfFile(path: string, stats: Stats, flag: string): void {
  const elsewhere = `Give the name of a file with ${flag} FILE.`
  if (stats.isDirectory()) throw refused(path, 'is a folder', elsewhere)
  if (stats.isSymbolicLink()) throw refused(path, `is a link to ${readlinkSync(path)}`, 'Name the file itself.')
  if (stats.isFIFO()) throw refused(path, 'is a pipe', elsewhere)
  if (stats.isSocket()) throw refused(path, 'is a socket', elsewhere)
  if (!stats.isFile()) throw refused(path, 'is a device', elsewhere)
}

function isSame(stats: Stats, input: string): boolean {
  try {
    const other = statSync(input)
    return other.dev === stats.dev && other.ino === stats.ino
  } catch (cause) {
    if (isOfSystem(cause)) return false
    throw cause
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

const HEAD_BYTES = 4096

function isOfKind(path: string, kind: Output['kind']): boolean {
  const begins = BEGINS[kind]
  if (begins === undefined) return false
  const descriptor = openSync(path, 'r')
  try {
    const head = Buffer.alloc(HEAD_BYTES)
    return begins.test(head.toString('utf8', 0, readSync(descriptor, head)))
  } finally {
    closeSync(descriptor)
  }
}

const refused = (path: string, why: string, hint: string) =>
  new FaultlineError('NOT_SAVED', 'usage', `${path} cannot be written: it ${why}`, { hint })
