import type { OracleName } from '../oracles.ts'
import type { Vm } from '../vm.ts'
import { NO_PAGE, SHADOW } from './mmu-pages.ts'
import type { Nx } from './nx.ts'
import type { PossibleNx } from './possible-nx.ts'
import { danglingRmaps, leakedTables, tablesTwice } from './tables-at-rest.ts'

type Violation = { readonly oracle: OracleName; readonly value: number }

/** The properties of the page tables, and of all references to them, that are violated after all roles have ended. */
export function nxViolationsAtRest(vm: Vm, words: Int32Array): Violation[] {
  const { nx } = vm
  if (nx === undefined || !nx.pages.isWatched) return []
  const found = (oracle: OracleName, values: readonly number[]): Violation[] =>
    values.slice(0, 1).map((value) => ({ oracle, value }))
  return [
    ...[...new Set(nx.lists)].flatMap((list) => found('nx_list_corrupt', wrongPages(nx, list, words))),
    ...found('rcu_left_held', readers(nx, words)),
    ...found('root_count_wrong', surplus(nx, words)),
    ...found('page_table_twice', tablesTwice(nx, words)),
    ...found('page_table_leak', leakedTables(vm, nx, words)),
    ...found('rmap_dangling', danglingRmaps(vm, nx, words)),
  ]
}

/** I1.4, the lists are whole, and as long as they say: else a page that is not linked as it should be, or the last one. */
function wrongPages({ pages }: Nx, list: PossibleNx, words: Int32Array): number[] {
  const left = [words[list.nrTdp]!, words[list.nrShadow]!] as [number, number]
  let previous = NO_PAGE
  for (let page = words[list.first]!; page !== NO_PAGE; page = words[pages.next(page)]!) {
    const mmu = words[pages.mmu(page)] === SHADOW ? 1 : 0
    left[mmu] -= 1
    if (left[mmu] < 0 || words[pages.disallowed(page)] === 0 || words[pages.previous(page)] !== previous) return [page]
    previous = page
  }
  return left[0] === 0 && left[1] === 0 && words[list.last] === previous ? [] : [words[list.last]!]
}

/** CPUs that have not left RCU. */
const readers = ({ cpus, rcu }: Nx, words: Int32Array): number[] =>
  Array.from({ length: cpus }, (_, cpu) => cpu).filter((cpu) => (words[rcu.section(cpu)]! & 1) === 1)

/** By how many the roots are counted too often, if they are: once for each vCPU, and for the MMU if it keeps them. */
function surplus({ roots, config }: Nx, words: Int32Array): number[] {
  let counted = -roots.vcpus
  for (let root = 0; root < roots.slots; root += 1) {
    const isThere = words[roots.table(root)] !== 0 && words[roots.invalid(root)]! < 2
    counted += words[roots.count(root)]! - (isThere && config.keepsRoots ? 1 : 0)
  }
  return counted === 0 ? [] : [counted]
}
