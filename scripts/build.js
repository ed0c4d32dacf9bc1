// Builds `dist/` (as written: generators), `dist/direct/` (the same with `*` and `yield*` blanked), `dist/flat/` (those generators
// that only pass on the steps of others are none), and `dist/traced/`.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { toDirect } from './direct.js'
import { toFlat } from './flat.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
export const STEPPED_FOLDERS = ['shared-memory', 'protocols', 'workers']

/** Test files and contracts run on the builds; they are not part of them. */
export const isForTests = (name) => /\.(test|contract)(\.\w+)*\.(d\.ts|js|js\.map)$|\.(test|contract)\.ts$/.test(name)

function compile() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  if (!existsSync(tsc)) {
    console.error('faultline is built by TypeScript, which is not installed: run `npm ci` without `--omit=dev`.')
    process.exit(2)
  }
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.json')], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

/** Source files that are gone leave no modules behind that tests or imports could still find. */
function removeOrphans(folder) {
  for (const name of walk(folder)) {
    const inDist = name.slice(dist.length + 1).replace(/^(direct|flat|traced)\//, '')
    const source = inDist.replace(/\.(d\.ts|js)(\.map)?$/, '.ts')
    if ((source !== inDist || inDist.endsWith('.json')) && !existsSync(join(root, 'src', source))) rmSync(name)
  }
}

/** Writes the build `name` of the stepped modules; those that are there and not older stay. */
function rewrite(name, change, isPart = () => true) {
  const toolMs = Math.max(
    ...['build.js', 'direct.js', 'flat.js'].map((tool) => statSync(join(root, 'scripts', tool)).mtimeMs),
  )
  for (const folder of STEPPED_FOLDERS) {
    for (const from of walk(join(dist, folder))) {
      if (isForTests(from) || !isPart(from)) continue
      const to = join(dist, name, from.slice(dist.length + 1))
      if (existsSync(to) && statSync(to).mtimeMs >= Math.max(statSync(from).mtimeMs, toolMs)) continue
      mkdirSync(dirname(to), { recursive: true })
      writeFileSync(to, change(from, readFileSync(from, 'utf8')))
    }
  }
}

/** The traced build: what the checker runs, see src/checker/tracing. The checks themselves are part of it. */
async function trace() {
  const { writeTraced } = await import(join(dist, 'checker', 'tracing', 'write-traced.js'))
  writeTraced(dist, join(dist, 'traced'))
}

function direct(file, text) {
  if (file.endsWith('.js')) return toDirect(text, file)
  if (file.endsWith('.map')) return text.replaceAll('"../', '"../../')
  return file.endsWith('/shared-memory/steps.d.ts') ? DIRECT_STEPS : text
}

function flat(file, text) {
  if (file.endsWith('.js')) return toFlat(text)
  return file.endsWith('.map') ? text.replaceAll('"../', '"../../') : text
}

/** In the direct build a step is an ordinary call, so its type is the result itself. */
const DIRECT_STEPS = `/** The direct build: a step is an ordinary call and returns its result. */
export type Steps<T> = T;
`

/** What modules read beside them: the profiles of machines. */
function copyData() {
  for (const from of walk(join(root, 'src')).filter((name) => name.endsWith('.json'))) {
    const to = join(dist, from.slice(join(root, 'src').length + 1))
    mkdirSync(dirname(to), { recursive: true })
    copyFileSync(from, to)
  }
}

function walk(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? walk(path) : [path]
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  compile()
  removeOrphans(dist)
  copyData()
  rewrite('direct', direct)
  rewrite('flat', flat, (file) => !/\.d\.ts(\.map)?$/.test(file))
  await trace()
  const main = join(dist, 'cli', 'main.js')
  if (existsSync(main)) chmodSync(main, 0o755)
}
