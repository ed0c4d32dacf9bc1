import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { FaultlineError } from '../../errors/faultline-error.ts'
import { makeFolder } from './make-folder.ts'

/** A name that is a name in every file system, and no path. */
const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/

/** Where `bench --save NAME` keeps a result, under the current folder, which then is there. */
export function savedPath(name: string): string {
  if (NAME.test(name) && !name.endsWith('.json')) {
    const path = join('results', `${name}.json`)
    makeFolder('results', path)
    return path
  }
  throw new FaultlineError('BAD_NAME', 'usage', `--save is '${name}', which is not a name`, {
    hint: 'Letters, digits, dots and dashes: --save before-my-patch. Use --out for a path.',
  })
}

/** A file as it is named on the command line, or the result that was saved under that name. */
export function pathOrSaved(named: string): string {
  if (existsSync(named) || !NAME.test(named)) return named
  const saved = join('results', `${named}.json`)
  return existsSync(saved) ? saved : named
}
