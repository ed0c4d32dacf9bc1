// What a lock compiled to WebAssembly must satisfy, on real threads.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Crew, type Member } from '../../threads/crew.contract.ts'
import type { Kind } from '../../threads/crew-worker.contract.ts'
import { assertNothingIsTorn } from './holding.contract.ts'

/** What a lock that is compiled must satisfy: alone, and on one memory with workers that run its JavaScript. */
export function compiledContract(kind: Kind, drills: readonly ('exclude' | 'share' | 'sequence')[]): void {
  for (const [words, cpus] of [
    ['wasm', 2],
    ['mixed', 2],
    ['mixed', 4],
  ] as const) {
    for (const drill of drills) {
      test(`${kind}: ${cpus} workers on ${words} words hold together (${drill})`, async () => {
        await using crew = await Crew.of({ kind, words }, cpus)
        await crew.drill(drill, 1000)
        assertNothingIsTorn(crew)
      })
    }
  }

  test(`${kind}: compiled, it wakes a sleeper in JavaScript, and is woken by it`, async () => {
    await using crew = await Crew.of({ kind, words: 'mixed' }, 2, 0)
    const [a, b] = crew.members as [Member, Member]
    for (const [owner, waiter] of [
      [a, b],
      [b, a],
    ] as const) {
      await owner.do(takes(kind))
      await waiter.queue(waits(kind))
      await owner.do(leaves(kind))
      await waiter.done()
      if (isShared(kind)) await waiter.do('readUnlock')
      else if (kind !== 'seqcount') await waiter.do('release')
    }
    assert.equal(crew.memory.sleepers[0], 0)
  })
}

const isShared = (kind: Kind) => kind === 'qrwlock' || kind === 'pv-qrwlock' || kind === 'rwsem'
const takes = (kind: Kind) => (kind === 'seqcount' ? 'writeBegin' : isShared(kind) ? 'writeLock' : 'acquire')
const waits = (kind: Kind) => (kind === 'seqcount' ? 'readBegin' : isShared(kind) ? 'readLock' : 'acquire')
const leaves = (kind: Kind) => (kind === 'seqcount' ? 'writeEnd' : isShared(kind) ? 'writeUnlock' : 'release')
