// The Indexed Job of sweep.job.yaml, held against the types that Kubernetes' own OpenAPI gives, and its command run for each index.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MAIN = join(ROOT, 'dist', 'cli', 'main.js')
const job = parse(readFileSync(new URL('./sweep.job.yaml', import.meta.url), 'utf8'))
const { template, ...spec } = job.spec
const [container] = template.spec.containers

const folder = mkdtempSync(join(tmpdir(), 'faultline-job-'))
// Types are looked up from where a file lies.
const checked = mkdtempSync(join(ROOT, 'dist', 'job-'))
after(() => rmSync(checked, { recursive: true }))

const copyOf = (value) => JSON.parse(JSON.stringify(value))

/** What the compiler says of Jobs, by their names. */
function saidOf(jobs) {
  const files = Object.entries(jobs).map(([name, one]) => {
    const file = join(checked, `${name}.ts`)
    writeFileSync(
      file,
      `import type { Job } from 'kubernetes-types/batch/v1'\nexport const job: Job = ${JSON.stringify(one)}\n`,
    )
    return file
  })
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const flags = ['--ignoreConfig', '--noEmit', '--strict', '--module', 'esnext', '--moduleResolution', 'bundler']
  const { stdout } = spawnSync(process.execPath, [tsc, ...flags, '--types', '', ...files], {
    encoding: 'utf8',
    cwd: checked,
  })
  return Object.fromEntries(
    Object.keys(jobs).map((name) => [
      name,
      stdout
        .split('\n')
        .filter((line) => line.includes(`${name}.ts`))
        .join('\n'),
    ]),
  )
}

test('the Job has the fields and types that Kubernetes has, and others are noticed', () => {
  const misspelt = copyOf(job)
  misspelt.spec.template.spec.containers[0].volumeMount = []
  const mistyped = copyOf(job)
  mistyped.spec.completions = '16'
  const said = saidOf({ whole: job, misspelt, mistyped })
  assert.equal(said.whole, '')
  assert.match(said.misspelt, /volumeMount/)
  assert.match(said.mistyped, /number/)
})

test('it is an Indexed Job with as many indices as its plan has parts, and a volume for what it mounts', () => {
  assert.deepEqual([job.apiVersion, job.kind], ['batch/v1', 'Job'])
  assert.equal(spec.completionMode, 'Indexed')
  assert.equal(String(spec.completions), container.env.find(({ name }) => name === 'PARTS').value)
  assert.deepEqual(
    container.volumeMounts.map(({ name }) => name),
    template.spec.volumes.map(({ name }) => name),
  )
  for (const { name, value } of container.env) assert.equal(typeof value, 'string', name)
})

test('its command makes the part of each index, and goes on with one that is there', () => {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  // What npx would fetch is here.
  writeFileSync(
    join(bin, 'npx'),
    `#!/bin/bash\n[ "$1 $2" = "--yes faultline" ] || exit 9\nexec ${process.execPath} ${MAIN} "\${@:3}"\n`,
    {
      mode: 0o755,
    },
  )
  const parts = join(folder, 'parts')
  mkdirSync(parts)
  const plan = '-s precheck -m altra-64 --duration 0.1ms --sweep vcpus=1,2'
  const script = container.args[0].replaceAll('/parts/', `${parts}/`)
  const [program, ...flags] = container.command
  const environment = { ...process.env, PATH: `${bin}:${process.env.PATH}`, PARTS: '2', PLAN: plan }
  const bytesOf = (index) => {
    const env = { ...environment, JOB_COMPLETION_INDEX: index }
    execFileSync(program, [...flags, script], { cwd: folder, env, stdio: 'pipe' })
    return readFileSync(join(parts, `part-${Number(index) + 1}.json`))
  }
  assert.deepEqual(JSON.parse(bytesOf('0')).shard, { index: 1, of: 2, points: 2 })
  const second = bytesOf('1')
  assert.deepEqual(JSON.parse(second).shard, { index: 2, of: 2, points: 2 })
  assert.deepEqual(bytesOf('1'), second)
})
