import type { OracleName } from '../oracles.ts'
import type { Vm } from '../vm.ts'
import { NO_PAGE, SHADOW } from './mmu-pages.ts'
import type { Nx } from './nx.ts'
import type { PossibleNx } from './possible-nx.ts'

type Violation = { readonly oracle: OracleName; readonly value: number }

/** I1.4, when all roles have ended: the lists are whole, and as long as they say. */
export function nxViolationsAtRest({ nx }: Vm, words: Int32Array): Violation[] {
  if (nx === undefined) return []
  return [...new Set(nx.lists)].flatMap((list) => {
    const page = firstWrong(nx, list, words)
    return page === NO_PAGE ? [] : [{ oracle: 'nx_list_corrupt', value: page }]
  })
}

/** A page that is not linked as it should be, or the last one if there are more or fewer than counted; NO_PAGE: all is well. */
function firstWrong(nx: Nx, list: PossibleNx, words: Int32Array): number {
  const { pages } = nx
  const left = [words[list.nrTdp]!, words[list.nrShadow]!] as [number, number]
  let previous = NO_PAGE
  for (let page = words[list.first]!; page !== NO_PAGE; page = words[pages.next(page)]!) {
    const mmu = words[pages.mmu(page)] === SHADOW ? 1 : 0
    left[mmu] -= 1
    if (left[mmu] < 0 || words[pages.disallowed(page)] === 0 || words[pages.previous(page)] !== previous) return page
    previous = page
  }
  return left[0] === 0 && left[1] === 0 && words[list.last] === previous ? NO_PAGE : words[list.last]!
}
