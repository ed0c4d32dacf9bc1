import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Texts } from '../../bench/result-text.ts'

/** The identity of a file: later another file may have the same name, and even the same inode number. */
export type Identity = { readonly dev: number; readonly ino: number; readonly mtimeMs: number }

export const isSameFile = (a: Identity, b: Identity): boolean =>
  a.dev === b.dev && a.ino === b.ino && a.mtimeMs === b.mtimeMs

export type Writing = {
  /** Permissions of the file that is replaced; undefined: those of any new file. */
  readonly mode?: number | undefined
  /** Whether an existing file may be replaced. If not, and it exists, EEXIST is thrown. */
  readonly replaces: boolean
  /** A file that begins with this many bytes of another. */
  readonly beginsAs?: { readonly path: string; readonly bytes: number } | undefined
}

/**
 * Writes a file whole or not at all: to a new one in the same folder, under a name that cannot be guessed, which takes the name
 * once the disk has it.
 */
export function writeWhole(path: string, text: string | Texts, { mode, replaces, beginsAs }: Writing): Identity {
  const temporary = temporaryBeside(path)
  try {
    const descriptor = begin(temporary, mode, beginsAs)
    const identity = fill(descriptor, typeof text === 'string' ? (put) => put(text) : text, mode)
    if (replaces) renameSync(temporary, path)
    else nameOnce(temporary, path)
    syncFolder(dirname(path))
    return identity
  } catch (cause) {
    rmSync(temporary, { force: true })
    throw cause
  }
}

/** Checks that a file can be created beside this one, by creating one, as a file system may refuse for many reasons. */
export function tryFolder(path: string): void {
  const temporary = temporaryBeside(path)
  closeSync(openSync(temporary, 'wx'))
  unlinkSync(temporary)
}

const temporaryBeside = (path: string) => join(dirname(path), `.faultline-${randomBytes(9).toString('hex')}.tmp`)

/** Creates a file and writes its beginning. */
function begin(temporary: string, mode: number | undefined, beginsAs: Writing['beginsAs']): number {
  if (beginsAs === undefined) return openSync(temporary, 'wx', mode ?? 0o666)
  copyFileSync(beginsAs.path, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  truncateSync(temporary, beginsAs.bytes)
  return openSync(temporary, 'a')
}

function fill(descriptor: number, texts: Texts, mode: number | undefined): Identity {
  try {
    writeTexts(descriptor, texts)
    if (mode !== undefined) fchmodSync(descriptor, mode)
    // A disk may say that it is full only now.
    fsyncSync(descriptor)
    const { dev, ino, mtimeMs } = fstatSync(descriptor)
    return { dev, ino, mtimeMs }
  } finally {
    closeSync(descriptor)
  }
}

/** Texts put together, so that not each of many is a call. */
function writeTexts(descriptor: number, texts: Texts): void {
  let piece = ''
  const write = () => {
    writeFully(descriptor, piece)
    piece = ''
  }
  texts((text) => {
    piece += text
    if (piece.length >= PIECE) write()
  })
  write()
}

const PIECE = 1 << 20

/** A write may take less than it was given. */
export function writeFully(descriptor: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
}

/** If two processes want one name at the same time, one gets it. */
function nameOnce(temporary: string, path: string): void {
  try {
    linkSync(temporary, path)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EEXIST' || code === 'ENOSPC' || code === 'EDQUOT') throw cause
    // This file system has no links.
    closeSync(openSync(path, 'wx'))
    renameSync(temporary, path)
    return
  }
  unlinkSync(temporary)
}

/** So that the name outlives a power cut, too; not every file system knows how. */
function syncFolder(folder: string): void {
  try {
    const descriptor = openSync(folder, 'r')
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch {}
}
