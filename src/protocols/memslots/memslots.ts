import { type Gfn, gfnAdd, type Hva } from '../../shared-memory/addresses.ts'
import type { Cpu } from '../../shared-memory/cpu.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import {
  GEN_UPDATE_IN_PROGRESS,
  INVALID,
  LOG_DIRTY_PAGES,
  type Memslot,
  type MemslotEdit,
  NO_MEMSLOT,
} from './memslot.ts'
import { MEMSLOT_FIELD, MEMSLOT_FIELDS, MemslotWords } from './memslot-words.ts'

/**
 * The memslots of a VM (virt/kvm/kvm_main.c): sorted by gfn, found by gfn (`__gfn_to_memslot`) or by the range of hvas that
 * they map. Readers are protected by SRCU, so the fields are read plainly. A task that has a Memslot stays in its set.
 */
export class Memslots extends MemslotWords {
  /** `srcu_dereference()` of kvm->memslots, for callers that read more than one slot. Pairs with publish(). */
  *dereference(cpu: Cpu): Steps<number> {
    return this.isFixed ? 0 : yield* cpu.loadAcquire(this.active)
  }

  /** `gfn_to_memslot()`: binary search by gfn. */
  *find(cpu: Cpu, gfn: Gfn): Steps<Memslot> {
    const first = this.isFixed ? 0 : yield* cpu.loadAcquire(this.active)
    let low = first
    const count = yield* cpu.read(this.countOf(first))
    let high = first + count
    while (low < high) {
      const middle = (low + high) >> 1
      const base = yield* cpu.read(this.field(middle, MEMSLOT_FIELD.baseGfn))
      if (gfn >= base) low = middle + 1
      else high = middle
    }
    if (low === first) return NO_MEMSLOT
    const slot = (low - 1) as Memslot
    const base = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.baseGfn))
    const pages = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.pages))
    return gfn < base + pages ? slot : NO_MEMSLOT
  }

  /** The first memslot that overlaps the hvas [start, end): `kvm_for_each_memslot_in_hva_range()`. */
  *firstOverlapping(cpu: Cpu, start: Hva, end: Hva): Steps<Memslot> {
    return yield* this.nextOverlapping(cpu, NO_MEMSLOT, start, end)
  }

  /** The first memslot after `after` that overlaps the hvas [start, end); start with NO_MEMSLOT. */
  *nextOverlapping(cpu: Cpu, after: Memslot, start: Hva, end: Hva): Steps<Memslot> {
    const first = after === NO_MEMSLOT ? yield* this.dereference(cpu) : this.firstOf(after)
    const count = yield* cpu.read(this.countOf(first))
    const from = after === NO_MEMSLOT ? first : after + 1
    for (let slot = from as Memslot; slot < first + count; slot = (slot + 1) as Memslot) {
      const hva = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.hva))
      if (hva >= end) continue
      const pages = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.pages))
      if (hva + pages > start) return slot
    }
    return NO_MEMSLOT
  }

  /** The slot after `after` in its set; the first of the active set after NO_MEMSLOT. */
  *nextOf(cpu: Cpu, after: Memslot): Steps<Memslot> {
    const first = after === NO_MEMSLOT ? yield* this.dereference(cpu) : this.firstOf(after)
    const count = yield* cpu.read(this.countOf(first))
    const next = after === NO_MEMSLOT ? first : after + 1
    return (next < first + count ? next : NO_MEMSLOT) as Memslot
  }

  *idOf(cpu: Cpu, slot: Memslot): Steps<number> {
    return yield* cpu.read(this.field(slot, MEMSLOT_FIELD.id))
  }

  *baseGfn(cpu: Cpu, slot: Memslot): Steps<Gfn> {
    const base = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.baseGfn))
    return base as Gfn
  }

  *pages(cpu: Cpu, slot: Memslot): Steps<number> {
    return yield* cpu.read(this.field(slot, MEMSLOT_FIELD.pages))
  }

  /** `hva_to_gfn_memslot()`, of the part of [hva, ...) that lies in the slot. */
  *firstGfn(cpu: Cpu, slot: Memslot, start: Hva): Steps<Gfn> {
    const hva = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.hva))
    const base = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.baseGfn))
    return gfnAdd(base as Gfn, Math.max(start, hva) - hva)
  }

  /** The end of the gfns that [..., end) maps in the slot. */
  *endGfn(cpu: Cpu, slot: Memslot, end: Hva): Steps<Gfn> {
    const hva = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.hva))
    const base = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.baseGfn))
    const pages = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.pages))
    return gfnAdd(base as Gfn, Math.min(end - hva, pages))
  }

  /** The page of the host behind a gfn of the slot. */
  *hostPage(cpu: Cpu, slot: Memslot, gfn: Gfn): Steps<number> {
    const base = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.baseGfn))
    const hostPage = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.hostPage))
    return hostPage + (gfn - base)
  }

  /** `gfn_to_hva_memslot()`. */
  *hva(cpu: Cpu, slot: Memslot, gfn: Gfn): Steps<Hva> {
    const base = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.baseGfn))
    const hva = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.hva))
    return (hva + (gfn - base)) as Hva
  }

  /** `gfn_to_rmap()`, as an index. */
  *rmap(cpu: Cpu, slot: Memslot, gfn: Gfn): Steps<number> {
    const base = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.baseGfn))
    const rmap = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.rmap))
    return rmap + (gfn - base)
  }

  *isInvalid(cpu: Cpu, slot: Memslot): Steps<boolean> {
    const flags = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.flags))
    return (flags & INVALID) !== 0
  }

  /** `kvm_slot_dirty_track_enabled()`. */
  *isDirtyTracked(cpu: Cpu, slot: Memslot): Steps<boolean> {
    const flags = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.flags))
    return (flags & LOG_DIRTY_PAGES) !== 0
  }

  /** Makes the set that is not active: the active one's slots, in which `id` has become what `edit` says. */
  *prepareNext(cpu: Cpu, id: number, edit: MemslotEdit): Steps<void> {
    const from = yield* cpu.load(this.active)
    const count = yield* cpu.read(this.countOf(from))
    const to = this.otherThan(from)
    let next = to
    let isMissing = edit !== null
    for (let slot = from; slot < from + count; slot += 1) {
      const slotId = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.id))
      if (slotId === id) continue
      const base = yield* cpu.read(this.field(slot, MEMSLOT_FIELD.baseGfn))
      if (edit !== null && isMissing && edit.baseGfn < base) {
        yield* this.#write(cpu, next, this.fieldsOf(edit.slot, edit.flags, edit.baseGfn))
        next += 1
        isMissing = false
      }
      yield* this.#copy(cpu, slot, next)
      next += 1
    }
    if (edit !== null && isMissing) {
      yield* this.#write(cpu, next, this.fieldsOf(edit.slot, edit.flags, edit.baseGfn))
      next += 1
    }
    yield* cpu.write(this.countOf(to), next - to)
  }

  /** M4: the next set's generation is the active one's, with the mark of an update. */
  *markUpdateInProgress(cpu: Cpu): Steps<void> {
    const active = yield* cpu.load(this.active)
    const generation = yield* cpu.read(this.generationOf(active))
    yield* cpu.store(this.generationOf(this.otherThan(active)), generation | GEN_UPDATE_IN_PROGRESS)
  }

  /** M7: `rcu_assign_pointer(kvm->memslots)`: the set is complete before it is seen. */
  *publish(cpu: Cpu): Steps<void> {
    const active = yield* cpu.load(this.active)
    yield* cpu.storeRelease(this.active, this.otherThan(active))
  }

  /** M10: the previous set is no longer in use. */
  *finishUpdate(cpu: Cpu): Steps<void> {
    const active = yield* cpu.load(this.active)
    const generation = yield* cpu.read(this.generationOf(active))
    yield* cpu.store(this.generationOf(active), (generation & ~GEN_UPDATE_IN_PROGRESS) + ADDRESS_SPACES)
  }

  *#copy(cpu: Cpu, from: number, to: number): Steps<void> {
    for (let field = 0; field < MEMSLOT_FIELDS; field += 1) {
      const value = yield* cpu.read(this.field(from, field))
      yield* cpu.write(this.field(to, field), value)
    }
  }

  *#write(cpu: Cpu, to: number, fields: readonly number[]): Steps<void> {
    for (let field = 0; field < MEMSLOT_FIELDS; field += 1) yield* cpu.write(this.field(to, field), fields[field]!)
  }
}

/** KVM_ADDRESS_SPACE_NUM, without SMM. */
const ADDRESS_SPACES = 1
