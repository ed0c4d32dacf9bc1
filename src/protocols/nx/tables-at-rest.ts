import { type Word, wordAt } from '../../shared-memory/cpu.ts'
import { childOf, isShadowPresent, isTable, ROOT_LEVEL } from '../../shared-memory/page-tables/spte.ts'
import { NO_OBJECT } from '../../shared-memory/rcu.ts'
import type { Vm } from '../vm.ts'
import { FREE, LINKED } from './mmu-pages.ts'
import type { Nx } from './nx.ts'

// The state of every page table after all roles have ended. The caches of the CPUs are private and not checked.

/** Tables on the free list that are in use. */
export function tablesTwice(nx: Nx, words: Int32Array): number[] {
  return [...freeTables(nx, words)].filter((table) => words[nx.pages.state(table)] !== FREE)
}

/** Tables that are unreachable and will never be freed, or that are free and will not be found. */
export function leakedTables(vm: Vm, nx: Nx, words: Int32Array): number[] {
  const owned = new Set<number>()
  for (const root of rootTables(nx, words)) collectBelow(vm, nx, words, root, ROOT_LEVEL, owned)
  for (const head of [nx.rcu.queued, nx.rcu.waiting]) collectList(words, words[head]!, nx.rcu, owned)
  const free = freeTables(nx, words)
  const isLost = (table: number) => {
    const state = words[nx.pages.state(table)]
    return (state === LINKED && !owned.has(table)) || (state === FREE && !free.has(table))
  }
  return Array.from({ length: nx.capacity }, (_, table) => table).filter(isLost)
}

function freeTables({ freed }: Nx, words: Int32Array): Set<number> {
  const free = new Set<number>()
  collectList(words, words[freed.head]!, freed, free)
  return free
}

function rootTables({ roots, nestedRoot }: Nx, words: Int32Array): number[] {
  const tables = Array.from({ length: roots.slots }, (_, root) => words[roots.table(root)]! - 1)
  return [nestedRoot, ...tables.filter((table) => table >= 0)]
}

function collectBelow(vm: Vm, nx: Nx, words: Int32Array, table: number, level: number, into: Set<number>): void {
  if (into.has(table)) return
  into.add(table)
  const first = vm.tables.entriesOf(table)
  for (let entry = 0; entry < nx.entriesAt(level); entry += 1) {
    const spte = words[wordAt(first, entry)]!
    if (isTable(spte, level)) collectBelow(vm, nx, words, childOf(spte), level - 1, into)
  }
}

type List = { link(object: number): Word }

function collectList(words: Int32Array, head: number, list: List, into: Set<number>): void {
  for (let object = head; object !== NO_OBJECT && !into.has(object); object = words[list.link(object)]!) {
    into.add(object)
  }
}

/** Reverse maps whose entry is not present: a zap of such a gfn would zap an entry of another page. */
export function danglingRmaps(vm: Vm, nx: Nx, words: Int32Array): number[] {
  if (nx.config.nestedPages === 0) return []
  const gfns = vm.config.memslots.reduce((sum, { pages }) => sum + pages, 0)
  return Array.from({ length: gfns }, (_, index) => index).filter((index) => {
    const sptep = words[vm.rmap(index)]!
    return sptep !== 0 && !isShadowPresent(words[sptep]!)
  })
}
