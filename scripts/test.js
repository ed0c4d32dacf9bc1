// Runs a suite of tests: `node scripts/test.js steps|threads|processes [PART_OF_A_PATH...]`. Files share a process of Node, because
// starting one, and loading again what the file before has loaded, takes 0.3 to 0.6 s of CPU time.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TOGETHER = new URL('testing/in-one-process.js', import.meta.url)

/** `atOnce`: processes that run side by side. `together`: files that share one. */
const SUITES = {
  steps: { ending: /(?<!\.threads|\.processes)\.test\.js$/, atOnce: 2, together: 12 },
  // Two workers contend for two cores; a second process would disturb them.
  threads: { ending: /\.threads\.test\.js$/, atOnce: 1, together: 12 },
  processes: { ending: /\.processes\.test\.js$/, atOnce: 2, together: 1 },
}

/** Files with a process of their own. The first of them take longest, so they begin first; the others look at the whole process. */
const ALONE = [
  'dist/checker/checks.test.js',
  'dist/cli/example-patches.test.js',
  'dist/cli/check-mutants.test.js',
  'dist/cli/in-your-project.test.js',
  'dist/bench/hdr.test.js',
  'scripts/docs.test.js',
]

const [suite, ...parts] = process.argv.slice(2)
if (suite === undefined || !Object.hasOwn(SUITES, suite)) {
  console.error(`The suites are ${Object.keys(SUITES).join(', ')}.`)
  process.exit(2)
}
const { ending, atOnce, together } = SUITES[suite]

const files = ['dist', 'scripts']
  .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true }).map((name) => join(folder, name)))
  .filter((name) => ending.test(name) && (parts.length === 0 || parts.some((part) => name.includes(part))))
  .sort()
const others = files.filter((name) => !ALONE.includes(name))
const groups = ALONE.filter((name) => files.includes(name)).map((name) => [name])
for (let at = 0; at < others.length; at += together) groups.push(others.slice(at, at + together))

const folder = mkdtempSync(join(tmpdir(), 'faultline-tests-'))
// The runner of Node begins them in the order of their names.
const entries = groups.map((group, index) => {
  const entry = join(folder, `${String(index).padStart(3, '0')}.mjs`)
  const paths = JSON.stringify(group.map((name) => join(ROOT, name)))
  writeFileSync(entry, `import { inOneProcess } from '${TOGETHER}'\nawait inOneProcess(${paths})\n`)
  return entry
})
const flags = [`--test-concurrency=${atOnce}`, '--test-timeout=600000', '--test-reporter=spec']
const { status } = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...flags, ...entries], {
  cwd: ROOT,
  stdio: 'inherit',
})
rmSync(folder, { recursive: true })
process.exitCode = status ?? 1
