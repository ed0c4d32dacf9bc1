import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { FaultlineError } from '../../errors/faultline-error.ts'
import { nearest } from '../../errors/nearest.ts'
import { makeFolder } from './make-folder.ts'

/** A name that is a name in every file system, and no path. */
const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/

/** The path at which `bench --save NAME` keeps a result, under the current folder. Creates its folder. */
export function savedPath(name: string): string {
  if (NAME.test(name) && !name.endsWith('.json')) {
    const path = join('results', `${name}.json`)
    makeFolder('results', path)
    return path
  }
  throw new FaultlineError('BAD_NAME', 'usage', `--save is '${name}', which is not a name`, {
    hint: 'A name has letters, digits, dots, dashes and underscores, and no .json: --save before-my-patch. Use --out for a path.',
  })
}

/** A file as it is named on the command line, or the result that was saved under that name. */
export function pathOrSaved(named: string): string {
  if (existsSync(named) || !NAME.test(named)) return named
  const saved = join('results', `${named}.json`)
  return existsSync(saved) ? saved : named
}

const SHOWN = 8

/** For a name under which nothing was saved: the nearest one that was, or those that there are. */
export function savedHint(named: string): string | undefined {
  const names = savedNames()
  if (!NAME.test(named) || names.length === 0) return undefined
  const near = nearest(named, names)[0]
  if (near !== undefined) return `Did you mean ${near}, which is saved in results/?`
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''
  return `Saved in results/: ${names.slice(0, SHOWN).join(', ')}${more}.`
}

function savedNames(): string[] {
  try {
    return readdirSync('results')
      .filter((name) => name.endsWith('.json') && !name.endsWith('.schema.json'))
      .map((name) => name.slice(0, -'.json'.length))
      .sort()
  } catch {
    // Without the folder, or the right to read it, nothing is known to be saved.
    return []
  }
}
