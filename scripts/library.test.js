// The library as its user has it: by its public name, with its own types, in workers of the user's.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

function node(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  return { status, text: `${stdout}${stderr}` }
}

/** What the compiler says to a project that depends on the package, with no help from ours. */
function compileOutside(source, lib = ['es2024']) {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-outside-'))
  try {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules', 'faultline'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(folder, 'use.ts'), source)
    const options = { module: 'nodenext', target: 'es2023', lib, types: [], strict: true, noEmit: true }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['use.ts'] }))
    return node(tsc, '-p', folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('the example runs, and its locks hold', () => {
  const { status, text } = node('examples/own-workers/main.js', '--layout')
  assert.equal(status, 0, text)
  assert.match(text, /^0 of 20000 audits were wrong$/m)
  assert.match(text, /^20000 audits: \d+ had to wait, the longest \d+\.\d us$/m)
  assert.match(text, /^20000 transfers: \d+ had to wait, the longest \d+\.\d us$/m)
  assert.match(text, /^bank\.accounts\[8\] +\d+ +0 {2}the writer that holds the lock$/m)
})

test('the example is well typed', () => {
  const { status, text } = node(tsc, '-p', 'examples/tsconfig.json')
  assert.equal(status, 0, text)
})

test('on threads a lock is taken by an ordinary call', () => {
  const { status, text } = compileOutside(`
    import { type Lock, Mutex, Place, QRwLock, QSpinLock, RcuWait, RwSem, SeqCount } from 'faultline/shared-memory'
    import { allocate, type Memory, ThreadCpu } from 'faultline/threads'
    const place = new Place('app')
    const lock: Lock = new QSpinLock(place.within('lock'), 2)
    const rwlock = new QRwLock(place.within('rwlock'), 2)
    const seqcount = new SeqCount(place.within('seqcount'))
    const memory: Memory = allocate(place)
    const cpu = new ThreadCpu(0, memory)
    const nothing: void = lock.acquire(cpu)
    const taken: boolean = lock.tryAcquire(cpu)
    const contended: boolean = rwlock.isContended(cpu)
    const start: number = seqcount.readBegin(cpu)
    const before: number = cpu.add(place.line('word'), 1)
    new RwSem(place.within('rwsem'), 2).readLock(cpu)
    new Mutex(place.within('mutex')).release(cpu)
    new RcuWait(place.within('rcuwait')).wakeUp(cpu)
    // @ts-expect-error nothing is left to be stepped through
    for (const op of lock.acquire(cpu)) void op
    // @ts-expect-error a bare number is not a place in memory
    cpu.load(7)
    void [nothing, taken, contended, start, before]
  `)
  assert.equal(status, 0, text)
})

test('the commands are functions of the root, typed without the types of Node', () => {
  const source = `
    import { type Answer, bench, check, compare, type Comparison, FaultlineError, readResult, type Result } from 'faultline'
    const base: Result = await readResult('base.json')
    const head = await bench({ scenario: 'precheck', vcpus: 8 }, { onProgress: (done, total) => void (done + total) })
    const found: Comparison = compare(base, head, { alpha: 0.01, metrics: ['faults_per_second'] })
    for (const { line, metric, verdict } of found.changes) void [line.variant, metric, verdict]
    const [report] = await check('precheck', { variant: 'B-STALE', memory: 'tso' })
    export const said = [report?.explored.verdict, report?.replay, new FaultlineError('X', 'usage', 'x', { hint: '' }).hint]
    export type A = Answer
    // @ts-expect-error there is no such option
    await check('precheck', { varant: 'B-STALE' })
  `
  const { status, text } = compileOutside(source, ['es2024', 'dom'])
  assert.equal(status, 0, text)
})

test('the stepped locks are handed out step by step', () => {
  const { status, text } = compileOutside(`
    import { type Cpu, Place, QSpinLock, type Steps } from 'faultline/shared-memory/stepped'
    const lock = new QSpinLock(new Place(), 2)
    export function* twice(cpu: Cpu): Steps<boolean> {
      yield* lock.acquire(cpu)
      yield* lock.release(cpu)
      return yield* lock.tryAcquire(cpu)
    }
  `)
  assert.equal(status, 0, text)
})

test('an exploration is typed by what its setup returns', () => {
  const { status, text } = compileOutside(`
    import { allEnd, type Answer, explore, Refused, replay, type Step } from 'faultline/checker'
    import { type Cpu, type Place, QSpinLock, type Steps, type Word } from 'faultline/shared-memory/stepped'
    const setup = (place: Place) => ({ lock: new QSpinLock(place.within('lock'), 2), x: place.line('x') })
    function* visit(cpu: Cpu, { lock, x }: ReturnType<typeof setup>): Steps<number> {
      yield* lock.acquire(cpu)
      const was = yield* cpu.add(x, 1)
      yield* lock.release(cpu)
      return was
    }
    const exploration = { setup, actors: { a: visit, b: visit }, oracle: allEnd, mustEnd: ['a'], fairness: 'strong' } as const
    const answer: Answer = explore(exploration)
    const later: Promise<Answer> = explore({ module: 'lock.ts', name: 'right', bound: { memory: 'tso' } })
    const steps: readonly Step[] = answer.schedule === null ? [] : replay(exploration, answer.schedule).steps
    // @ts-expect-error no such memory
    explore({ setup, actors: { a: visit }, bound: { memory: 'SC' } })
    // @ts-expect-error what setup returns has no y
    explore({ setup, actors: { a: visit }, oracle: ({ subject, valueIn }) => (valueIn(subject.y) === 1 ? 'one' : undefined) })
    void [later, steps, Refused]
    export type W = Word
  `)
  assert.equal(status, 0, text)
})

test('the code in docs/locks.md is that of the example', () => {
  const folder = join(root, 'examples', 'own-workers')
  const sources = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  const text = readFileSync(join(root, 'docs', 'locks.md'), 'utf8')
  const blocks = [...text.matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code)
  assert.ok(blocks.length > 0)
  for (const block of blocks)
    assert.ok(
      sources.some((source) => source.includes(block)),
      block,
    )
})
