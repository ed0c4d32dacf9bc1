import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FaultlineError } from '../../errors/faultline-error.ts'

/** Beside the baselines, in the format of sha256sum(1): `sha256sum -c SHA256SUMS` reads it too. */
export const MANIFEST = 'SHA256SUMS'

type Hashes = ReadonlyMap<string, string>

const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

/** The results in a folder, by name. */
export const baselinesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()

export function manifestText(folder: string): string {
  return baselinesIn(folder)
    .map((name) => `${hashOf(join(folder, name))}  ${name}\n`)
    .join('')
}

/**
 * The problems of a folder of baselines, a sentence each: a file that is missing, that the manifest does not name, or
 * that was changed. Empty if the folder matches the manifest.
 */
export function faultsOfFolder(folder: string): string[] {
  const path = join(folder, MANIFEST)
  if (!existsSync(path)) return [`${folder} has no ${MANIFEST}, so a baseline that is gone would not be missed`]
  const wanted = hashesIn(path)
  const there = baselinesIn(folder)
  const gone = [...wanted.keys()].filter((name) => !there.includes(name))
  const extra = there.filter((name) => !wanted.has(name))
  const altered = there.filter((name) => wanted.has(name) && wanted.get(name) !== hashOf(join(folder, name)))
  return [
    ...gone.map((name) => `${join(folder, name)} is gone: ${path} names it`),
    ...extra.map((name) => `${join(folder, name)} is not named in ${path}`),
    ...altered.map((name) => `${join(folder, name)} is not what was written: its hash differs from that in ${path}`),
  ]
}

/** A damaged manifest would let everything through. */
function hashesIn(path: string): Hashes {
  const lines = readFileSync(path, 'utf8').split(/\r?\n/)
  const entries = lines.flatMap((line, index): [string, string][] => {
    if (line.trim() === '') return []
    const [, hash, name] = /^([0-9a-f]{64}) [ *]([^/\\]+)$/.exec(line) ?? []
    if (hash !== undefined && name !== undefined) return [[name, hash]]
    throw new FaultlineError('DAMAGED_MANIFEST', 'usage', `${path}: line ${index + 1} is not a hash and a name`, {
      hint: 'Restore it from git, or write it again with `faultline regress --update`.',
    })
  })
  return new Map(entries)
}
