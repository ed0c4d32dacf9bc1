import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { resultOf, runOf } from '../bench/comparing/testing.contract.ts'
import { SIGNALS, type SignalName } from './interruption.ts'
import { MAIN, resultIn } from './running.contract.ts'

const folderOf = () => mkdtempSync(join(tmpdir(), 'faultline-ending-'))

/** Runs a line of shell in a folder, with the program as `$F`. */
async function shell(line: string, folder = folderOf()): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn('bash', ['-c', line], { cwd: folder, env: { ...process.env, F: `${process.execPath} ${MAIN}` } })
  const [out, err] = [textOf(child.stdout), textOf(child.stderr)]
  const code = await endOf(child)
  return { code, out: out(), err: err() }
}

function textOf(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.on('data', (chunk) => {
    text += chunk
  })
  return () => text
}

const endOf = (child: ChildProcess) => new Promise<number | null>((resolve) => child.on('close', resolve))

const MODELLED = '-m altra-64 --vcpus 1 --duration 1ms'

test('the exit code of a gate is the same after the reader of its output has closed the pipe', async () => {
  const folder = folderOf()
  const bench = `bench -s precheck ${MODELLED} --quiet --no-progress --out a.json`
  assert.equal((await shell(`$F ${bench}`, folder)).code, 0)
  const bad = JSON.parse(readFileSync(join(folder, 'a.json'), 'utf8'))
  bad.runs[0].counters.pf_fixed += 1
  writeFileSync(join(folder, 'bad.json'), JSON.stringify(bad))
  const ends = await Promise.all(
    ['$F verify a.json | true', '$F verify bad.json | true', '$F regress --baseline bad.json | head -0'].map((line) =>
      shell(`set -o pipefail; ${line}`, folder),
    ),
  )
  assert.deepEqual(
    ends.map(({ code, err }) => [code, err]),
    [
      [0, ''],
      [1, ''],
      [1, ''],
    ],
  )
})

test('a file that ends the program is reported in a sentence, with exit code 3', async () => {
  const { code, err } = await shell("echo 'process.exit(0)' > exit.mjs; $F check lock exit.mjs")
  assert.equal(code, 3)
  assert.equal(err, 'faultline: a file that it loaded ended the program, by process.exit() for example.\n')
})

test('output that cannot be written is reported in a sentence, with exit code 3', async () => {
  const { code, err } = await shell('$F list > /dev/full')
  assert.equal(code, 3)
  assert.equal(err, 'faultline: standard output cannot be written: the disk is full\n')
})

test('an error on standard error neither ends a run nor enters its result', async () => {
  for (const trouble of ['2> /dev/full', '2>&-', '2> >(true)']) {
    const folder = folderOf()
    const { code } = await shell(`$F bench -s icache ${MODELLED} --verbose --out r.json ${trouble}`, folder)
    assert.equal(code, 0, trouble)
    assert.deepEqual(
      resultIn(join(folder, 'r.json')).runs.map(({ error }) => error),
      [null, null],
    )
  }
})

/** Starts the program, and sends it a signal once it has said something, or after a time. */
async function interrupted(signal: SignalName, args: readonly string[], afterMs?: number) {
  const folder = folderOf()
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder })
  const [out, err] = [textOf(child.stdout), textOf(child.stderr)]
  const end = endOf(child)
  const said = new Promise((resolve) => child.stderr.once('data', resolve))
  const passed = new Promise((resolve) => afterMs !== undefined && setTimeout(resolve, afterMs))
  await Promise.race([said, passed, end])
  child.kill(signal)
  return { code: await end, out: out(), err: err(), folder }
}

test('a modelled plan of short runs handles each signal, keeps its finished trials, and can be resumed', async () => {
  const plan = ['bench', '-s', 'precheck', ...MODELLED.split(' '), '--draws', '400', '--verbose', '--out', 'r.json']
  for (const [signal, code] of Object.entries(SIGNALS)) {
    const ended = await interrupted(signal as SignalName, plan)
    assert.equal(ended.code, code, ended.err)
    assert.match(ended.err, new RegExp(`interrupted by ${signal}`))
    assert.match(ended.err, /r\.json has 1 of 401 trials; `faultline bench --resume r.json`/)
    const [run, ...others] = resultIn(join(ended.folder, 'r.json')).runs
    assert.deepEqual(run!.interrupted, { trials: 1, of: 401 })
    assert.equal(others.length, 0)
  }
})

test('a resumed plan gives the same result as an uninterrupted one', async () => {
  const folder = folderOf()
  const plan = `bench -s precheck,icache ${MODELLED} --quiet --no-progress`
  assert.equal((await shell(`$F ${plan} --out whole.json && cp whole.json part.json`, folder)).code, 0)
  const whole = resultIn(join(folder, 'whole.json'))
  const cut = { ...whole.runs[3]!, interrupted: { trials: 1, of: 2 } }
  writeFileSync(join(folder, 'part.json'), JSON.stringify({ ...whole, runs: [...whole.runs.slice(0, 2), cut] }))
  const resumed = await shell('$F bench --resume part.json --verbose', folder)
  assert.equal(resumed.code, 0, resumed.err)
  assert.match(resumed.err, /^icache \S+ on altra-64: /, 'only the group that was cut ran')
  assert.equal(readFileSync(join(folder, 'part.json'), 'utf8'), readFileSync(join(folder, 'whole.json'), 'utf8'))
})

test('what cannot be resumed is refused', async () => {
  const folder = folderOf()
  const file = (name: string, result: object) => writeFileSync(join(folder, name), JSON.stringify(result))
  file('other.json', resultOf([], { command: ['bench', '--nosuchflag'] }))
  file('code.json', resultOf([runOf({ elapsed_ns: [1] })], { command: ['bench', '-s', 'precheck'] }))
  file('trace.json', resultOf([], { command: ['bench', '-s', 'precheck', '--trace', '/etc/hostname'] }))
  for (const [line, says] of [
    ['--resume nowhere.json', /nowhere.json cannot be read/],
    ['--resume other.json', /cannot be resumed: Unknown argument/],
    ['--resume code.json', /was made by different code/],
    ['--resume trace.json', /wants to open \/etc\/hostname/],
    ['--resume other.json --trials 3', /--trials would change it/],
  ] as const) {
    const { code, err } = await shell(`$F bench ${line}`, folder)
    assert.equal(code, 2, err)
    assert.match(err, says)
  }
})

test('a command that keeps nothing ends at once, also in the middle of a computation or of its input', async () => {
  const [reads, computes] = await Promise.all([
    shell('sleep 4 | $F trace - & sleep 2; kill -TERM $!; wait $!'),
    interrupted('SIGINT', ['check', 'precheck', '--worst', 'retries', '--retries', '30'], 3000),
  ])
  assert.equal(reads.code, 143)
  assert.match(reads.err, /interrupted by SIGTERM\. Nothing was kept/)
  assert.equal(computes.code, 130, computes.err)
})

test('four plans at once print four paths', async () => {
  const folder = folderOf()
  const line = `for i in 1 2 3 4; do $F bench -s icache ${MODELLED} --no-progress | tail -1 & done; wait`
  const { out } = await shell(line, folder)
  const paths = out.trim().split('\n')
  assert.deepEqual(
    paths.map((path) => path.replace('results/', '')).sort(),
    readdirSync(join(folder, 'results')).sort(),
  )
  assert.equal(new Set(paths).size, 4)
})
