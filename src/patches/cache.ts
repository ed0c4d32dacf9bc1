import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { dirname, join } from 'node:path'

const MONTH_MS = 30 * 24 * 3_600_000

/** A folder that belongs to this user alone, for the builds of a patch. `key` covers everything that decides their content. */
export function cacheFolder(key: string): string {
  const root = join(os.homedir(), '.cache', 'faultline', 'patches')
  const folder = join(root, key)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const now = new Date()
    utimesSync(folder, now, now)
    forgetOld(root)
    return folder
  } catch {
    // A home that cannot be written to, as in a container.
    return mkdtempSync(join(os.tmpdir(), 'faultline-patch-'))
  }
}

/** Removes entries that have not been used for a month. */
function forgetOld(root: string): void {
  for (const name of readdirSync(root)) {
    const folder = join(root, name)
    const stats = statSync(folder, { throwIfNoEntry: false })
    if (stats !== undefined && stats.mtimeMs < Date.now() - MONTH_MS) rmSync(folder, { recursive: true, force: true })
  }
}

/** Whole or not at all: two programs may write the same. */
export function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const temporary = `${file}.${Math.trunc(performance.timeOrigin + performance.now() * 1000)}.tmp`
  writeFileSync(temporary, text, { mode: 0o600 })
  renameSync(temporary, file)
}
