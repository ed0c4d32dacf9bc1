// Compiles `src/` to `dist/` and has the compiled tools of `dist/builds` write the other builds: see src/builds/README.md.
// Leaves behind what the definitions of runs are made of, too: each command would read it again.
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
import { bundleYargs } from './bundle-yargs.js'
import { writeProgram } from './program.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

/** The files that `bundle` and `openBundle` write, with their maps. */
const BUNDLES = ['direct', 'opened'].map((build) => join(dist, build, 'bundle.js'))

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

function compile(project) {
  if (!existsSync(tsc)) {
    console.error('faultline is built by TypeScript, which is not installed: run `npm ci` without `--omit=dev`.')
    process.exit(2)
  }
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, project)], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

/** Source files that are gone leave no modules behind that tests or imports could still find. */
function removeOrphans() {
  for (const name of walk(dist)) {
    if ([...BUNDLES, join(dist, 'bundled'), join(dist, 'program')].some((written) => name.startsWith(written))) continue
    const inDist = name.slice(dist.length + 1).replace(/^(direct|opened|flat|traced)\//, '')
    const source = inDist.replace(/\.(d\.ts|js)(\.map)?$/, '.ts')
    if ((source !== inDist || inDist.endsWith('.json')) && !existsSync(join(root, 'src', source))) rmSync(name)
  }
}

/** What modules read beside them: the profiles of machines. */
function copyData() {
  for (const from of walk(join(root, 'src')).filter(
    (name) => name.endsWith('.json') && !name.endsWith('tsconfig.json'),
  )) {
    const to = join(dist, from.slice(join(root, 'src').length + 1))
    // What has not changed is left alone: another process may be reading it.
    if (existsSync(to) && readFileSync(to).equals(readFileSync(from))) continue
    mkdirSync(dirname(to), { recursive: true })
    copyFileSync(from, to)
  }
}

/** The browser's part of a report page, with the charting library in it: one script and one style, inlined by page.ts. */
async function bundlePage() {
  const from = join(root, 'src', 'report', 'page')
  const to = join(dist, 'report', 'page', 'browser')
  const ageOf = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0)
  const newest = Math.max(ageOf(join(root, 'package-lock.json')), ...walk(from).map(ageOf))
  if (ageOf(join(to, 'client.js')) > newest) return
  compile(join('src', 'report', 'page', 'browser'))
  const { build } = await import('esbuild')
  await build({
    entryPoints: [join(from, 'browser', 'client.ts')],
    outdir: to,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    // The library's licence asks to go with it.
    banner: { js: `/*! ${readFileSync(join(root, 'node_modules', 'uplot', 'LICENSE'), 'utf8')} */` },
    logLevel: 'warning',
  })
}

/** A build that the threads of a trial run, in one file: loading its 150 modules takes as long as a short trial. */
async function bundle(outfile) {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    stdin: {
      contents: "export { runRole } from './workers/roles.js'\nexport { buildSystem } from './workers/system.js'\n",
      resolveDir: dirname(outfile),
    },
    bundle: true,
    write: false,
    outfile,
    format: 'esm',
    target: 'esnext',
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
  })
  for (const { path, contents } of outputFiles) writeChanged(path, Buffer.from(contents))
}

/** The opened build in one file is that of the direct build in one file, so that its text has the names by which it knows everything. */
function openBundle(direct, outfile) {
  writeChanged(outfile, Buffer.from(toOpenedBundle(readFileSync(direct, 'utf8'))))
  writeChanged(`${outfile}.map`, readFileSync(`${direct}.map`))
}

/** What has not changed is left alone: another process may be reading it. */
function writeChanged(path, contents) {
  if (!existsSync(path) || !readFileSync(path).equals(contents)) writeFileSync(path, contents)
}

function walk(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? walk(path) : [path]
  })
}

const { isBuilt, stampBuild, unstampBuild } = await import('./build-stamp.js')
if (isBuilt(root)) process.exit()
unstampBuild(root)
compile('tsconfig.json')
removeOrphans()
copyData()
const { writeBuilds } = await import('../dist/builds/write.js')
const { toOpenedBundle } = await import('../dist/builds/opened.js')
writeBuilds(dist)
await bundle(BUNDLES[0])
openBundle(...BUNDLES)
await bundlePage()
await bundleYargs()
const { storeDefinitions } = await import('../dist/bench/definition/definition.js')
storeDefinitions()
const { listing } = await import('../dist/cli/listing.js')
const { storeListing } = await import('../dist/cli/stored-listing.js')
storeListing(listing())
writeProgram()
const main = join(dist, 'cli', 'main.js')
if (existsSync(main)) chmodSync(main, 0o755)
stampBuild(root)
