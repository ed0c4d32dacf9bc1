/** A task that reads a device does it again and again. */
const MANY_FAULTS = 16
const MOST = 4096

/**
 * Where no SPTE is traced, as on arm64 and RISC-V, and device accesses are not traced either, nothing distinguishes these
 * from memory faults. But a page of memory is mapped after a fault, and does not fault again until something removes it.
 */
export class DeviceGfns {
  readonly #faults = new Map<number, { since: number; again: number }>()

  /** `taken`: how often anything had been taken away before. */
  faulted(gfn: number, taken: number): void {
    const seen = this.#faults.get(gfn)
    if (seen === undefined) {
      if (this.#faults.size < MOST) this.#faults.set(gfn, { since: taken, again: 0 })
      return
    }
    if (seen.since === taken) seen.again += 1
    seen.since = taken
  }

  /** The kind of this gfn is known. */
  forget(gfn: number): void {
    this.#faults.delete(gfn)
  }

  get likely(): ReadonlySet<number> {
    return new Set([...this.#faults].filter(([, { again }]) => again >= MANY_FAULTS).map(([gfn]) => gfn))
  }
}
