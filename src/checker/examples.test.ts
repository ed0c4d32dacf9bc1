import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Exploration, explore, type ModuleExploration, Refused, replay } from './index.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const lock = (name: string) => new URL(`../../examples/check-a-lock/locks/${name}.js`, import.meta.url)

function node(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  return { status, text: `${stdout}${stderr}` }
}

test('the example proves Peterson, and shows what happens without its second line', () => {
  const { status, text } = node('examples/check-a-lock/peterson.js')
  assert.equal(status, 0, text)
  assert.match(text, /^Peterson: PASS, \d+ states$/m)
  assert.match(text, /^impolite: FAIL/m)
  assert.match(text, /add inside 1 -> 2/)
})

/** What is found in the wrong one, and a line of its witness. */
const LOCKS = {
  peterson: ['violation', /add inside 1 -> 2/],
  mcs: ['deadlock', /waits in acquire\(\) at mcs\S*:\d+:\d+ for wait0/],
  dekker: ['violation', /store wants0 = 1, not yet visible/],
  seqlock: ['violation', /load sequence is 0, and 4 in memory/],
  'spsc-queue': ['violation', /load slot0 is 0/],
  'treiber-stack': ['oracle', /cas head 1 -> 2/],
} as const

for (const [name, [finding, line]] of Object.entries(LOCKS)) {
  test(`${name} holds as it should be, and its usual mistake is found`, async () => {
    const right = await explore({ module: lock(name), name: 'right' })
    assert.deepEqual([right.verdict, right.because, right.steps], ['PASS', null, []])
    const wrong = await explore({ module: lock(name), name: 'wrong' })
    assert.deepEqual([wrong.verdict, wrong.findings[0]?.name], ['FAIL', finding])
    assert.match(wrong.witness!, line)
  })

  test(`${name} has the same verdict with and without tracing`, async () => {
    const untraced: Readonly<Record<string, Exploration<unknown>>> = await import(lock(name).href)
    for (const which of ['right', 'wrong']) {
      const [here, there] = [explore(untraced[which]!), await explore({ module: lock(name), name: which })]
      assert.equal(here.verdict, there.verdict)
      assert.ok(here.verdict === 'FAIL' || here.counts.states >= there.counts.states)
    }
  })
}

test('a traced module shows its local state: three rounds of Peterson take 422 states', async () => {
  const { verdict, counts } = await explore({ module: lock('peterson'), name: 'rounds3' })
  assert.deepEqual([verdict, counts.states], ['PASS', 422])
})

test('node --import faultline/checker/trace traces the modules of a program', () => {
  const code = `import { explore } from 'faultline/checker'
    import { rounds3 } from ${JSON.stringify(lock('peterson').href)}
    console.log(explore(rounds3).counts.states)`
  const { status, text } = node('--import', 'faultline/checker/trace', '--input-type=module', '--eval', code)
  assert.equal(status, 0, text)
  assert.match(text, /^422$/m)
})

test('an actor may print, as output is no hidden input', () => {
  const code = `import { allEnd, explore } from 'faultline/checker'
    function* prints(cpu, word) {
      console.log('before')
      yield* cpu.add(word, 1)
      console.error('after')
    }
    console.log(explore({ setup: (place) => place.line('x'), actors: { prints }, oracle: allEnd }).verdict)`
  const { status, text } = node('--input-type=module', '--eval', code)
  assert.equal(status, 0, text)
  assert.match(text, /^before$/m)
  assert.match(text, /^PASS$/m)
})

test('a module of TypeScript is traced with what it imports', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-traced-'))
  try {
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(
      join(folder, 'add.ts'),
      `import type { Cpu, Steps, Word } from 'faultline/shared-memory/stepped'
       export function* add(cpu: Cpu, word: Word): Steps<void> {
         for (let turn = 0; turn < 3; turn += 1) yield* cpu.add(word, 1)
       }`,
    )
    writeFileSync(
      join(folder, 'exploration.ts'),
      `import { TicketLock, type Place } from 'faultline/shared-memory/stepped'
       import { add } from './add.ts'
       export default {
         setup: (place: Place) => ({ lock: new TicketLock(place.within('lock')), word: place.line('word') }),
         actors: Object.fromEntries(['a', 'b'].map((name) => [name, function* (cpu, { lock, word }) {
           yield* lock.acquire(cpu)
           yield* add(cpu, word)
           yield* lock.release(cpu)
         }])),
         oracle: ({ subject, valueIn }) => valueIn(subject.word) === 6 ? undefined : 'lost',
       }`,
    )
    const file = join(folder, 'exploration.ts')
    for (const module of [file, pathToFileURL(file)]) assert.equal((await explore({ module })).verdict, 'PASS')
    await assert.rejects(explore({ module: file, name: 'other' }), (error) => error instanceof Refused)
    await assert.rejects(
      explore({ module: file, bounds: {} } as unknown as ModuleExploration),
      /has no 'bounds'. Did you mean 'bound'/,
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a witness is also returned as data, and its schedule can be replayed', async () => {
  const { wrong, right }: Readonly<Record<string, Exploration<unknown>>> = await import(lock('dekker').href)
  const found = explore(wrong!)
  assert.deepEqual(found.steps.at(-1), {
    actor: 'left',
    instruction: 'add',
    word: 'inside',
    before: 1,
    after: 2,
    in: null,
    says: 'add inside 1 -> 2',
  })
  assert.match(found.replay!, /^1:[0-9a-f]{8}:01:tso:/)
  for (const schedule of [found.schedule!, found.replay!]) {
    const { steps, findings, witness, memory, results } = replay(wrong!, schedule)
    assert.deepEqual([steps, findings, witness], [found.steps, found.findings, found.witness])
    assert.deepEqual([memory.inside, memory.wants0, results], [2, 1, {}])
  }
  assert.throws(() => replay(right!, found.schedule!), /does not fit: its step \d+ cannot be taken/)
  assert.throws(() => replay({ ...wrong!, actors: {} }, found.replay!), /there are no actors/)
  assert.throws(() => replay(wrong!, '1:00000000:01:tso:00'), /the schedule is of 00000000, and this is/)
  assert.throws(() => replay(wrong!, 'hello'), /is not a schedule/)
})
