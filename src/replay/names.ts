export const MAX_NAMES = 4096
const SLOTS = MAX_NAMES * 2
const HASHED = 6
/** The last name with the same length and first letter is tried first. */
const RECENT = 63
const recentOf = (bytes: Uint8Array, start: number, end: number) => (end - start + bytes[start]! * 7) & RECENT

/** Numbers the names that occur in a trace, in the order in which they are first met, straight from the bytes. */
export class Names {
  readonly #names: string[] = []
  readonly #bytes: Uint8Array[] = []
  readonly #slots = new Int16Array(SLOTS).fill(-1)
  readonly #recent = new Int16Array(RECENT + 1).fill(-1)
  readonly #limit: number

  /** Beyond `limit` names all others are one, `(others)`: a damaged file cannot fill the memory. */
  constructor(known: readonly string[] = [], limit: number = MAX_NAMES) {
    this.#limit = limit
    for (const name of known) {
      const bytes = new TextEncoder().encode(name)
      this.idOf(bytes, 0, bytes.length)
    }
  }

  get count(): number {
    return this.#names.length
  }

  nameOf(id: number): string {
    return this.#names[id]!
  }

  idOf(bytes: Uint8Array, start: number, end: number): number {
    const recent = recentOf(bytes, start, end)
    const guess = this.#recent[recent]!
    if (guess >= 0 && isSame(this.#bytes[guess]!, bytes, start, end)) return guess
    const id = this.#search(bytes, start, end)
    this.#recent[recent] = id
    return id
  }

  #search(bytes: Uint8Array, start: number, end: number): number {
    let slot = hashOf(bytes, start, end) % SLOTS
    for (;;) {
      const id = this.#slots[slot]!
      if (id < 0) return this.#add(bytes, start, end, slot)
      if (isSame(this.#bytes[id]!, bytes, start, end)) return id
      slot = (slot + 1) % SLOTS
    }
  }

  #add(bytes: Uint8Array, start: number, end: number, slot: number): number {
    const id = this.#names.length
    if (id >= this.#limit) return this.#limit - 1
    const isLast = id === this.#limit - 1
    this.#names.push(isLast ? '(others)' : Buffer.from(bytes.subarray(start, end)).toString('latin1'))
    this.#bytes.push(isLast ? new Uint8Array() : bytes.slice(start, end))
    this.#slots[slot] = id
    return id
  }
}

/** FNV-1a of the length and the last bytes, in which names of events and addresses differ. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c_9dc5 ^ (end - start)
  for (let at = Math.max(start, end - HASHED); at < end; at += 1) hash = Math.imul(hash ^ bytes[at]!, 0x0100_0193)
  return hash >>> 0
}

function isSame(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false
  for (let at = 0; at < name.length; at += 1) if (name[at] !== bytes[start + at]) return false
  return true
}
