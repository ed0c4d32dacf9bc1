// Whether `dist` is already what a build would make of the sources: every `npm run` that needs the program asks.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** What the build reads, below the root; of `node_modules` which versions are installed. */
const INPUTS = ['src', 'scripts', 'package.json', 'tsconfig.json', join('node_modules', '.package-lock.json')]

const stampIn = (root) => join(root, 'dist', '.built')

/** True if the last build ended, of these sources, and nothing in `dist` was touched since. */
export function isBuilt(root) {
  const stamp = stampIn(root)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === digestOf(root)
}

/** The build has ended. */
export function stampBuild(root) {
  writeFileSync(stampIn(root), digestOf(root))
}

/** A build begins, which may be cut short. */
export function unstampBuild(root) {
  rmSync(stampIn(root), { force: true })
}

/** The text of all inputs, and the name, size and time of every output. */
function digestOf(root) {
  const hash = createHash('sha256').update(process.version)
  for (const file of INPUTS.flatMap((name) => filesIn(join(root, name)))) {
    hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file))
  }
  for (const file of filesIn(join(root, 'dist')).filter((name) => name !== stampIn(root))) {
    const { size, mtimeMs } = statSync(file)
    hash.update(`\0${relative(root, file)} ${size} ${mtimeMs}`)
  }
  return hash.digest('hex')
}

function filesIn(path) {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { withFileTypes: true })
    .sort(({ name: a }, { name: b }) => (a < b ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesIn(join(path, entry.name)) : [join(path, entry.name)]))
}
