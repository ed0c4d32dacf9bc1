import type { Place } from '../shared-memory/place.ts'
import { WORDS_PER_CACHE_LINE } from './lines.ts'

/** The causes for which a CPU is blocked, or busy without progress. */
export const BLAMES = [
  { name: 'lock-holder', says: 'waited, as the next in turn, for the holder of a lock' },
  { name: 'lock-queue', says: 'waited behind others that waited for a lock' },
  { name: 'yield', says: 'waited to have mmu_lock back that it had yielded' },
  { name: 'retry', says: 'was busy with a fault that then had to be tried again' },
  { name: 'flush', says: 'sent IPIs or TLB operations and waited for the others to answer' },
  { name: 'icache', says: 'waited for its I-cache operations in the DVM domain, or was stalled by those of others' },
  { name: 'coherence', says: 'waited for cache lines that others had' },
  { name: 'bandwidth', says: 'waited for memory that others used' },
  { name: 'preemption', says: 'was runnable and had no core' },
  { name: 'event', says: 'waited for something else that another CPU does' },
  {
    name: 'asleep',
    says: 'slept until a time of its own choosing: a pause between two operations, a guest that halts',
  },
] as const

export type BlameName = (typeof BLAMES)[number]['name']

export const BLAME = Object.fromEntries(BLAMES.map(({ name }, index) => [name, index])) as {
  readonly [N in BlameName]: number
}

/** For each cache line, the cause to which the time is charged in which a CPU waits for one of its words to change. */
export function blamesOfLines(place: Place, lines: number): Uint8Array {
  const blames = new Uint8Array(lines).fill(BLAME.event)
  const locks = place.locks.map(({ name }) => name)
  for (const { name, word, words } of place.entries) {
    const last = Math.floor((word + Math.max(1, words) - 1) / WORDS_PER_CACHE_LINE)
    blames.fill(blameOf(name, locks), Math.floor(word / WORDS_PER_CACHE_LINE), last + 1)
  }
  return blames
}

function blameOf(name: string, locks: readonly string[]): number {
  const lock = locks.filter((candidate) => name.startsWith(`${candidate}.`)).sort((a, b) => b.length - a.length)[0]
  if (lock === undefined) return /(^|\.)vcpu\d+\.(mode|requests)$/.test(name) ? BLAME.flush : BLAME.event
  // The node of a queue is written by its predecessor; a lock inside another lock is the queue of that one.
  const isNode = /^(node|waiter)\d+\./.test(name.slice(lock.length + 1))
  const isInner = locks.some((other) => lock.startsWith(`${other}.`))
  return isNode || isInner ? BLAME['lock-queue'] : BLAME['lock-holder']
}
