import { READ } from '../shared-memory/cpu.ts'
import type { Place } from '../shared-memory/place.ts'
import type { Standing, Status } from './status.ts'

/** The watchdog's finding: a worker that makes no progress. */
export type Stall = { readonly cpu: number; readonly forMs: number; readonly standing: Standing }

/** Looks at the heartbeats of a run from the main thread, and reads the words when one has stopped. */
export class Watchdog {
  readonly #status: Status
  readonly #stallMs: number
  readonly #last: { signs: number; atMs: number }[]

  constructor(status: Status, cpus: number, stallMs: number) {
    this.#status = status
    this.#stallMs = stallMs
    const now = performance.now()
    this.#last = Array.from({ length: cpus }, () => ({ signs: -1, atMs: now }))
  }

  /** The worker that has shown no sign of life for longest, if that is too long. */
  look(): Stall | undefined {
    const now = performance.now()
    let worst: Stall | undefined
    for (const [cpu, last] of this.#last.entries()) {
      const standing = this.#status.of(cpu)
      const signs = standing.heartbeat + standing.waits
      if (signs !== last.signs || standing.hasReturned) {
        last.signs = signs
        last.atMs = now
      }
      const forMs = now - last.atMs
      if (forMs > (worst?.forMs ?? this.#stallMs)) worst = { cpu, forMs, standing }
    }
    return worst
  }
}

/** The wait of a worker, with the names of the layout: `mmuLock.cnts (0x2ff) to become 0x100, to take mmuLock for write`. */
export function describeWait(standing: Standing, place: Place, words: Int32Array): string {
  const { word, mask, want, lock, side } = standing
  if (word < 0) return 'waits on no word: it is busy, or was never scheduled'
  const value = hex(words[word]!)
  const until =
    mask === 0 ? `to change from ${hex(want)}` : `to become ${hex(want)}${mask === -1 ? '' : ` under ${hex(mask)}`}`
  const entry = place.locks[lock]
  const purpose = entry === undefined ? '' : `, to take ${entry.name}${sideOf(entry.kind, side)}`
  return `waits for ${place.nameOf(word as never)} (${value}) ${until}${purpose}`
}

const sideOf = (kind: string, side: number) =>
  kind === 'rwlock' || kind === 'rwsem' ? (side === READ ? ' for read' : ' for write') : ''

const hex = (value: number) => `0x${(value >>> 0).toString(16)}`
