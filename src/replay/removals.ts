import { float64Column } from './column.ts'

/** What took leafs of the page tables away. `own`: KVM itself, as for a memslot, a root that is given up, or a huge page. */
export type Cause = 'notifier' | 'attributes' | 'set-pte' | 'own'

/** A cause explains what the same task removes until so long after it, or after the removal before. */
const LONGEST_REST_NS = 10e6

/** How often a cause occurred, and what it took away. */
export type Removal = { events: number; leafs: number; pages: number }

/** Where leafs of the page tables went, and why: notifiers are not the only ones that take them. */
export class Removals {
  readonly byCause: Readonly<Record<Cause, Removal>> = {
    notifier: { events: 0, leafs: 0, pages: 0 },
    attributes: { events: 0, leafs: 0, pages: 0 },
    'set-pte': { events: 0, leafs: 0, pages: 0 },
    own: { events: 0, leafs: 0, pages: 0 },
  }
  /** KVM_SET_MEMORY_ATTRIBUTES: when, and on which gfns. */
  readonly attributes = { atNs: float64Column(), gfns: float64Column(), pages: float64Column() }

  caused(chain: Chain, cause: Cause, atNs: number): void {
    this.byCause[cause].events += 1
    chain.cause = cause
    chain.lastNs = atNs
  }

  attributesChanged(chain: Chain, gfn: number, pages: number, atNs: number): void {
    this.caused(chain, 'attributes', atNs)
    this.attributes.atNs.push(atNs)
    this.attributes.gfns.push(gfn)
    this.attributes.pages.push(pages)
  }

  removed(chain: Chain, pages: number, atNs: number): void {
    const isFresh = atNs - chain.lastNs <= LONGEST_REST_NS
    const removal = this.byCause[isFresh ? chain.cause : 'own']
    removal.leafs += 1
    removal.pages += pages
    if (isFresh) chain.lastNs = atNs
  }
}

/** What one task is removing leafs for. */
export type Chain = { cause: Cause; lastNs: number }
