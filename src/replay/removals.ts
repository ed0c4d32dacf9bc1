import { ATTRIBUTES, GfnTakings } from './gfn-takings.ts'

/** The cause that removed leafs of the page tables. `own`: KVM itself, as for a memslot, an invalidated root, or a huge page. */
export type Cause = 'notifier' | 'attributes' | 'set-pte' | 'own'

/** A cause explains removals by the same task for this long after it, or after the previous removal. */
export const LONGEST_REST_NS = 10e6

/** How often a cause occurred, and what it removed. */
export type Removal = { events: number; leafs: number; pages: number }

/** The removed leafs of the page tables, and the causes: notifiers are not the only ones. */
export class Removals {
  readonly byCause: Readonly<Record<Cause, Removal>> = {
    notifier: { events: 0, leafs: 0, pages: 0 },
    attributes: { events: 0, leafs: 0, pages: 0 },
    'set-pte': { events: 0, leafs: 0, pages: 0 },
    own: { events: 0, leafs: 0, pages: 0 },
  }
  /** kvm_set_spte_hva for a page that its invalidation has already removed: not a separate cause. */
  coveredSetPtes = 0
  /** The causes that removed gfns, one by one. */
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

  /** Returns the cause for which a leaf was removed. */
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

/** The current cause of one task's removals. */
export type Chain = { cause: Cause; lastNs: number }
