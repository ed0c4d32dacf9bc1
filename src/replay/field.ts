/** The name of a field in the text of an event, with what stands around it: `' gfn '`. */
export class Field {
  readonly #label: Uint8Array

  constructor(label: string) {
    this.#label = new TextEncoder().encode(label)
  }

  /** Where the field's value begins, at or after `from`; -1 if the text has no such field. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const label = this.#label
    const last = to - label.length
    for (let at = from; at <= last; at += 1) {
      let matched = 0
      while (matched < label.length && bytes[at + matched] === label[matched]) matched += 1
      if (matched === label.length) return at + matched
    }
    return -1
  }
}
