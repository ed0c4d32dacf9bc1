import type { Cpu, Word } from '../../shared-memory/cpu.ts'
import { ORACLE } from '../oracles.ts'
import { FREE, type MmuPages, UNUSED } from './mmu-pages.ts'

// Oracles for one page table: whether it is free, and on a list. Like all oracles, they read only, and take no step.

/** The pages, and where the walks of all CPUs stand. */
type Walked = {
  readonly pages: MmuPages
  readonly cpus: number
  reading(cpu: number): Word
}

/** I1.4: a page is added to a list. */
export function assertUnlisted(cpu: Cpu, pages: MmuPages, page: number): void {
  if (!pages.isWatched) return
  if (cpu.peek(pages.listed(page)) !== 0) cpu.violation(ORACLE.nx_list_corrupt, page)
  cpu.poke(pages.listed(page), 1)
}

/** I1.4: a page is taken off. */
export function assertListed(cpu: Cpu, pages: MmuPages, page: number): void {
  if (!pages.isWatched) return
  if (cpu.peek(pages.listed(page)) !== 1) cpu.violation(ORACLE.nx_list_corrupt, page)
  cpu.poke(pages.listed(page), 0)
}

/** A page table that was free is about to be used again. */
export function assertTaken(cpu: Cpu, nx: Walked, table: number): void {
  if (!nx.pages.isWatched) return
  if (cpu.peek(nx.pages.state(table)) !== FREE) cpu.violation(ORACLE.page_table_twice, table)
  cpu.poke(nx.pages.state(table), UNUSED)
}

/** I1.2: a page table is handed to free. */
export function assertFreed(cpu: Cpu, nx: Walked, table: number): void {
  const { pages } = nx
  if (!pages.isWatched) return
  if (cpu.peek(pages.state(table)) === FREE) cpu.violation(ORACLE.page_table_twice, table)
  cpu.poke(pages.state(table), FREE)
  cpu.poke(pages.generation(table), cpu.peek(pages.generation(table)) + 1)
  if (cpu.peek(pages.unflushed(table)) !== 0) cpu.violation(ORACLE.free_before_flush, table)
  if (cpu.peek(pages.listed(table)) !== 0) cpu.violation(ORACLE.nx_list_corrupt, table)
  for (let other = 0; other < nx.cpus; other += 1) {
    if (cpu.peek(nx.reading(other)) === table + 1) cpu.violation(ORACLE.free_before_grace, table)
  }
}
