import { ATTRIBUTES, GfnTakings } from './gfn-takings.ts'

/** What took leafs of the page tables away. `own`: KVM itself, as for a memslot, a root that is given up, or a huge page. */
export type Cause = 'notifier' | 'attributes' | 'set-pte' | 'own'

/** A cause explains what the same task removes until so long after it, or after the removal before. */
export const LONGEST_REST_NS = 10e6

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
  /** kvm_set_spte_hva of a page whose invalidation took it away before: no cause of its own. */
  coveredSetPtes = 0
  /** What took gfns, one by one. */
  readonly takings = new GfnTakings()

  caused(chain: Chain, cause: Cause, atNs: number): void {
    this.byCause[cause].events += 1
    chain.cause = cause
    chain.lastNs = atNs
  }

  attributesChanged(chain: Chain, gfn: number, pages: number, atNs: number, pid: number): void {
    this.caused(chain, 'attributes', atNs)
    this.takings.add(ATTRIBUTES, atNs, gfn, pages, pid)
  }

  /** Returns for what a leaf was removed. */
  removed(chain: Chain, pages: number, atNs: number): Cause {
    const isFresh = atNs - chain.lastNs <= LONGEST_REST_NS
    const cause = isFresh ? chain.cause : 'own'
    const removal = this.byCause[cause]
    removal.leafs += 1
    removal.pages += pages
    if (isFresh) chain.lastNs = atNs
    return cause
  }
}

/** What one task is removing leafs for. */
export type Chain = { cause: Cause; lastNs: number }
