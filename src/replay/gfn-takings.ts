import { float64Column, uint32Column } from './column.ts'

/**
 * Causes that remove pages by gfn, not by a range of hvas as notifiers do. `own`: KVM itself, for example when a hole is punched into guest_memfd.
 */
export const ATTRIBUTES = 0
export const OWN = 1
export type TakingKind = typeof ATTRIBUTES | typeof OWN

/** Zaps of one walk follow each other so closely: another cause comes later, or begins at a lower gfn. */
const LONGEST_STEP_NS = 5e3

/** Every change of memory attributes in a trace, and every walk in which KVM itself zapped leafs, in order. */
export class GfnTakings {
  readonly atNs = float64Column()
  readonly gfns = float64Column()
  readonly pages = float64Column()
  readonly pids = uint32Column()
  readonly #kinds = uint32Column()

  get length(): number {
    return this.atNs.length
  }

  add(kind: TakingKind, atNs: number, gfn: number, pages: number, pid: number): void {
    this.atNs.push(atNs)
    this.gfns.push(gfn)
    this.pages.push(pages)
    this.pids.push(pid)
    this.#kinds.push(kind)
  }

  kind(index: number): TakingKind {
    return this.#kinds.at(index) as TakingKind
  }

  end(index: number): number {
    return this.gfns.at(index) + this.pages.at(index)
  }

  /** A leaf was zapped. True if a walk begins with it; else it is part of the one that the task is in. */
  zapped(walk: Walk, atNs: number, gfn: number, pages: number, pid: number): boolean {
    const continuing = atNs - walk.lastNs <= LONGEST_STEP_NS && walk.taking >= 0 && gfn >= this.end(walk.taking)
    walk.lastNs = atNs
    if (continuing) {
      this.pages.set(walk.taking, gfn + pages - this.gfns.at(walk.taking))
      return false
    }
    walk.taking = this.length
    this.add(OWN, atNs, gfn, pages, pid)
    return true
  }
}

/** The walk that a task zaps leafs in: which taking, and when its last leaf went. */
export type Walk = { taking: number; lastNs: number }
