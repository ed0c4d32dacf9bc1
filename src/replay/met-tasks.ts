/** The text before a line's `[cpu]`, and the values read from it; offsets are relative to the line. */
export type MetTask = { length: number; pid: number; tgid: number; nameStart: number; nameEnd: number }

const ENTRIES = 16
const LONGEST = 64

/** The tasks of the last lines by the bytes ahead of `[cpu]`: most lines begin with those of a line before. */
export class MetTasks {
  readonly #entries: readonly MetTask[] = Array.from({ length: ENTRIES }, () => {
    return { length: 0, pid: 0, tgid: 0, nameStart: 0, nameEnd: 0 }
  })
  readonly #bytes = new Uint8Array(ENTRIES * LONGEST)

  /** The task whose line began with the bytes [start, open) too; undefined if it was not among the last. */
  find(bytes: Uint8Array, start: number, open: number): MetTask | undefined {
    const at = entryOf(bytes, open)
    const entry = this.#entries[at]!
    const { length } = entry
    if (length !== open - start) return undefined
    const own = this.#bytes
    const first = at * LONGEST
    // Tasks differ in their ids, which stand last.
    for (let index = length - 1; index >= 0; index -= 1)
      if (own[first + index] !== bytes[start + index]) return undefined
    return entry
  }

  keep(bytes: Uint8Array, start: number, open: number, task: Omit<MetTask, 'length'>): void {
    const length = open - start
    if (length > LONGEST) return
    const at = entryOf(bytes, open)
    const entry = this.#entries[at]!
    for (let index = 0; index < length; index += 1) this.#bytes[at * LONGEST + index] = bytes[start + index]!
    entry.length = length
    entry.pid = task.pid
    entry.tgid = task.tgid
    entry.nameStart = task.nameStart - start
    entry.nameEnd = task.nameEnd - start
  }
}

/** By the last digits of ids of five and of seven digits, as ftrace aligns them. */
const entryOf = (bytes: Uint8Array, open: number) => (bytes[open - 4]! + bytes[open - 2]! * 3) & (ENTRIES - 1)
