import type { Gfn } from '../../shared-memory/addresses.ts'
import { type Word, wordAt } from '../../shared-memory/cpu.ts'
import type { Place } from '../../shared-memory/place.ts'
import { type DirtyLogConfig, hasRmaps, type VmConfig } from '../vm-config.ts'

/** Bits of a word of the bitmap; BITS_PER_LONG is 64. */
export const BITS = 32

/** Words between those of different CPUs, so that marks for oracles do not bring CPUs together. */
const FAR = 32

/**
 * What a VM has besides, if the dirty pages of one of its memslots can be logged.
 *
 *   bitmap    slot->dirty_bitmap, a bit a gfn      set by vCPUs without a lock; cleared with mmu_lock held for write
 *   user      what the VMM was told last           own words, written by the task that asks
 *   written   by gfn: the guest has written to it since the VMM copied it      for oracles, like the next
 *   logging   by CPU: the gfn, + 1, that a fault is about to log
 */
export class DirtyLog {
  readonly config: DirtyLogConfig
  readonly baseGfn: number
  readonly pages: number
  readonly words: number
  readonly #bitmap: Word
  readonly #user: Word
  readonly #written: Word
  readonly #logging: Word

  constructor(place: Place, config: DirtyLogConfig, vm: VmConfig) {
    if (hasRmaps(vm)) throw new RangeError('dirty logging is re-created for the TDP MMU alone')
    const slot = vm.memslots.find((one) => one.slot === config.slot)!
    this.config = config
    this.baseGfn = slot.baseGfn
    this.pages = slot.pages
    this.words = Math.ceil(slot.pages / BITS)
    this.#bitmap = place.table('bitmap', this.words, 'vCPUs that fault, and the task that clears')
    this.#user = place.table('user', this.words, 'the task that asks')
    this.#written = place.table('written', vm.oracles ? slot.pages : 0)
    this.#logging = place.table('logging', vm.oracles ? vm.cpus * FAR : 0)
  }

  bitmap(word: number): Word {
    return wordAt(this.#bitmap, word)
  }

  user(word: number): Word {
    return wordAt(this.#user, word)
  }

  written(page: number): Word {
    return wordAt(this.#written, page)
  }

  logging(cpu: number): Word {
    return wordAt(this.#logging, cpu * FAR)
  }

  /** The place of a gfn in the bitmap, or a number that is none. */
  pageOf(gfn: Gfn): number {
    return gfn - this.baseGfn
  }

  holds(gfn: Gfn): boolean {
    return gfn >= this.baseGfn && gfn < this.baseGfn + this.pages
  }
}
