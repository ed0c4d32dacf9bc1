/** A column of 32-bit numbers that grows by doubling. Its array is public: hot loops index it themselves. */
export class Column {
  at: Int32Array
  readonly #fill: number

  constructor(fill = 0, capacity = 1024) {
    this.at = new Int32Array(capacity).fill(fill)
    this.#fill = fill
  }

  reserve(length: number): void {
    if (length <= this.at.length) return
    const grown = new Int32Array(Math.max(length, this.at.length * 2)).fill(this.#fill, this.at.length)
    grown.set(this.at)
    this.at = grown
  }
}
