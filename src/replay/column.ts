const CHUNK_BITS = 15
const CHUNK = 1 << CHUNK_BITS
const FIRST = 64

/** Numbers of one kind, appended one by one. It grows by chunks, so that nothing large is ever copied. */
export class Column<A extends Float64Array | Uint32Array> {
  readonly #create: new (
    length: number,
  ) => A
  readonly #chunks: A[] = []
  length = 0

  constructor(create: new (length: number) => A) {
    this.#create = create
  }

  push(value: number): void {
    const chunk = this.length >>> CHUNK_BITS
    const index = this.length & (CHUNK - 1)
    if (this.#chunks[chunk] === undefined || index === this.#chunks[chunk].length) this.#grow(chunk)
    this.#chunks[chunk]![index] = value
    this.length += 1
  }

  set(index: number, value: number): void {
    this.#chunks[index >>> CHUNK_BITS]![index & (CHUNK - 1)] = value
  }

  /** Takes the last one back. */
  pop(): void {
    this.length -= 1
  }

  at(index: number): number {
    return this.#chunks[index >>> CHUNK_BITS]![index & (CHUNK - 1)]!
  }

  /** The first chunk begins small and doubles: most columns of a trace of many threads hold next to nothing. */
  #grow(chunk: number): void {
    const small = chunk === 0 ? this.#chunks[0] : undefined
    const length = chunk > 0 ? CHUNK : Math.min(CHUNK, small === undefined ? FIRST : small.length * 2)
    const grown = new this.#create(length)
    if (small !== undefined) grown.set(small)
    this.#chunks[chunk] = grown
  }
}

export const float64Column = (): Column<Float64Array> => new Column(Float64Array)
export const uint32Column = (): Column<Uint32Array> => new Column(Uint32Array)
