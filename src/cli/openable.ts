import { realpathSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGED = fileURLToPath(new URL('../../traces', import.meta.url))

/** Recordings that come with the program may always be opened; of others those that the user named. */
export const isNamed =
  (named: readonly string[]) =>
  (file: string): boolean =>
    isUnder(PACKAGED, file) || named.some((each) => resolve(each) === resolve(file))

/** Files under the current folder: the user's own baseline may name them in a gate. */
export const isOfThisTree = (file: string): boolean => isUnder('.', file) || isUnder(PACKAGED, file)

/** Links lead where they lead. */
function isUnder(folder: string, file: string): boolean {
  try {
    const way = relative(realpathSync(folder), realpathSync(file))
    return way !== '..' && !way.startsWith(`..${sep}`) && resolve(way) !== way
  } catch {
    return false
  }
}
