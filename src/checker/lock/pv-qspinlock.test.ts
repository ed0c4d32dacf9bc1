import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { checkClause, loadLocks } from '../check-lock.ts'
import type { MemoryModel } from '../memory/model.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-pv-qspinlock-'))
after(() => rmSync(folder, { recursive: true }))

const locks = new URL('../../shared-memory/locks/', import.meta.url)
const source = readFileSync(new URL('pv-qspinlock.js', locks), 'utf8')
  .replace(/from '\.\.\/cpu\.js'/, `from '${new URL('../cpu.js', locks).href}'`)
  .replace(/from '\.\/qspinlock\.js'/, `from '${new URL('qspinlock.js', locks).href}'`)
  .replace(/\n\/\/# sourceMappingURL.*/, '')

/** The findings of the clauses of the contract, without the notes, and without 3 CPUs where these take seconds. */
async function found(name: string, text: string, memory: MemoryModel = 'sc'): Promise<string[]> {
  const file = join(folder, `${name.replaceAll(/\W/g, '-')}.js`)
  writeFileSync(file, text)
  const [lock] = await loadLocks(file)
  return lock!.clauses
    .filter(({ isNote, says }) => !isNote && (memory === 'sc' || !says.startsWith('3 CPUs')))
    .map((clause) => checkClause(clause, { memory }).answer.verdict)
}

test('the paravirtual queued spinlock keeps the contract of a lock in every interleaving', async () => {
  assert.deepEqual([...new Set(await found('as it is', source))], ['PASS'])
})

test('the barrier before the test whether a successor is halted is needed with delayed stores only', async () => {
  const without = source.replace('yield* cpu.barrier(MB);', '')
  assert.notEqual(without, source)
  assert.deepEqual([...new Set(await found('with it', source, 'relaxed'))], ['PASS'])
  assert.ok((await found('without it', without, 'relaxed')).includes('FAIL'))
  assert.deepEqual([...new Set(await found('without it', without))], ['PASS'])
})

for (const [what, before, after] of [
  ['that releases without a kick', 'yield* cpu.unpark(node.state, 1)', ''],
  ['that leaves the queue without asking for a kick', 'if (state !== HALTED)', ''],
  [
    'whose head halts without asking for a kick',
    'const val = yield* cpu.or(this.val, SLOW)',
    'const val = yield* cpu.load(this.val)',
  ],
  ['whose waiter halts without a look at its hand-over', 'if (isHead === 0)', ''],
  ['whose head is kicked before it is hashed', 'yield* cpu.store(this.hashed, next)', ''],
  [
    'whose owner takes 1 away where the head has made it 3',
    'cpu.and(this.val, ~LOCKED_MASK)',
    'cpu.sub(this.val, LOCKED)',
  ],
  ['that is stolen while it is held', '(val & (LOCKED_MASK | PENDING)) === 0', '(val & PENDING) === 0'],
  [
    'whose last waiter forgets that another has queued',
    'yield* cpu.cas(this.val, val, LOCKED)',
    'val; yield* cpu.store(this.val, LOCKED)',
  ],
] as const) {
  test(`a paravirtual queued spinlock ${what} is reported`, async () => {
    assert.ok(source.includes(before), before)
    assert.ok((await found(what, source.replace(before, after))).includes('FAIL'))
  })
}
