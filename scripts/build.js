// Compiles `src/` to `dist/` and has the compiled tools of `dist/builds` write the other builds: see src/builds/README.md.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

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
function removeOrphans() {
  for (const name of walk(dist)) {
    const inDist = name.slice(dist.length + 1).replace(/^(direct|flat|traced)\//, '')
    const source = inDist.replace(/\.(d\.ts|js)(\.map)?$/, '.ts')
    if ((source !== inDist || inDist.endsWith('.json')) && !existsSync(join(root, 'src', source))) rmSync(name)
  }
}

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

compile()
removeOrphans()
copyData()
const { writeBuilds } = await import('../dist/builds/write.js')
writeBuilds(dist)
const main = join(dist, 'cli', 'main.js')
if (existsSync(main)) chmodSync(main, 0o755)
