import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { explore } from '../index.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-cna-qspinlock-'))
after(() => rmSync(folder, { recursive: true }))

const locks = new URL('../../shared-memory/locks/', import.meta.url)
const source = readFileSync(new URL('cna-qspinlock.js', locks), 'utf8')
  .replace(/from '\.\.\/cpu\.js'/, `from '${new URL('../cpu.js', locks).href}'`)
  .replace(/from '\.\/qspinlock\.js'/, `from '${new URL('qspinlock.js', locks).href}'`)
  .replace(/\n\/\/# sourceMappingURL.*/, '')

/**
 * CPU 0 has the lock, and also stands for a waiter on the pending bit. The others queue: the first of them that waits for
 * CPU 0 finds one of the other node next, and a CPU behind that. `comesBack`: CPU 0 wants the lock again.
 */
const program = (mostHandoffs: number, comesBack: boolean) => `
const NODES = [0, 0, 1, 0]
function* owner(cpu, shared) {
  yield* cpu.and(shared.lock.val, ~0x1ff)
  ${comesBack ? 'yield* visit(cpu, shared)' : ''}
}
function* visit(cpu, { lock, inside }) {
  yield* lock.acquire(cpu)
  const was = yield* cpu.add(inside, 1)
  if (was % 2 !== 0) cpu.violation(0, was)
  yield* cpu.add(inside, 1)
  yield* lock.release(cpu)
}
export default {
  setup: (place) => ({
    lock: new CnaQSpinLock(place.within('lock'), NODES.length, (cpu) => NODES[cpu], ${mostHandoffs}),
    inside: place.line('inside'),
  }),
  initialise: (words, { lock }) => { words[lock.val] = 0x101 },
  actors: { owner, first: visit, second: visit, third: visit },
  oracle: ({ subject, valueIn }) =>
    valueIn(subject.inside) === ${comesBack ? 8 : 6} && valueIn(subject.lock.val) === 0 ? undefined : 'a visit is lost, or the lock is not free',
}`

async function verdictOf(name: string, text: string, mostHandoffs = 9, comesBack = false): Promise<string> {
  const module = join(folder, `${name.replaceAll(/\W/g, '-')}-${mostHandoffs}.mjs`)
  writeFileSync(module, text + program(mostHandoffs, comesBack))
  return (await explore({ module })).verdict
}

for (const mostHandoffs of [0, 1, 9]) {
  test(`the compact NUMA-aware queued spinlock excludes in every interleaving of 4 CPUs on 2 nodes, with at most ${mostHandoffs} hand-overs within a node`, async () => {
    assert.equal(await verdictOf('as it is', source, mostHandoffs), 'PASS')
  })
}

for (const [what, before, after] of [
  [
    'whose last waiter forgets that another has queued',
    'const was = yield* cpu.cas(this.val, val, LOCKED);',
    'const was = val; yield* cpu.store(this.val, LOCKED);',
  ],
  [
    'whose secondary queue is forgotten at the hand-over',
    'this.#makeHead(cpu, next, second)',
    'this.#makeHead(cpu, next, 0)',
  ],
  ['whose secondary queue is forgotten where the primary one is empty', 'if (head.second === EMPTY)', 'if (true)'],
  ['whose ring is not closed', 'yield* cpu.store(this.#nodes[next].next, first)', ''],
  ['that moves a waiter that has none behind it', 'if (behind !== NO_SUCCESSOR)', ''],
  ['whose new tail still points into the ring', 'yield* cpu.store(last.next, NO_SUCCESSOR)', ''],
  ['that leaves the moved waiter in the primary queue', 'yield* cpu.store(head.node.next, behind)', ''],
] as const) {
  test(`a compact NUMA-aware queued spinlock ${what} is reported`, async () => {
    assert.ok(source.includes(before), before)
    assert.equal(await verdictOf(what, source.replace(before, after), 9, true), 'FAIL')
  })
}
