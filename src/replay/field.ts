import type { Hex } from './hex.ts'
import type { TraceLine } from './trace-line.ts'

/** A piece of the text of an event, such as `' gfn '`. */
export class Field {
  readonly #label: Uint8Array

  constructor(label: string) {
    this.#label = new TextEncoder().encode(label)
  }

  /** The offset of the field's value, at or after `from`; -1 if the text has no such field. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const label = this.#label
    const first = label[0]
    const last = to - label.length
    if (first === undefined) return from
    for (let at = from; at <= last; at += 1) {
      if (bytes[at] !== first) continue
      let matched = 1
      while (matched < label.length && bytes[at + matched] === label[matched]) matched += 1
      if (matched === label.length) return at + matched
    }
    return -1
  }
}

/**
 * A number in the text of an event: behind a label in the kernel's words, in hexadecimal digits with or without 0x; or, as
 * `trace-cmd report -R` prints it, behind the name of the field and `=`, where only 0x makes it hexadecimal.
 */
export class NumberField {
  readonly #label: Field
  readonly #raw: Field

  constructor(label: string, raw: string) {
    this.#label = new Field(label)
    this.#raw = new Field(`${raw}=`)
  }

  /** Reads it into the register and returns where its digits begin; -1 if there is no such number. */
  read(register: Hex, line: TraceLine, from: number): number {
    const { bytes, end } = line
    const at = this.#label.find(bytes, from, end)
    if (at >= 0 && register.read(bytes, at, end)) return at
    const raw = this.#raw.find(bytes, line.textStart, end)
    return raw >= 0 && register.readRaw(bytes, raw, end) ? raw : -1
  }
}
