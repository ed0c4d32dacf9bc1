import { deflateRawSync, inflateRawSync } from 'node:zlib'

/** Texts are packed this many bytes at a time: runs of one plan are so much alike that little is left of them. */
const CHUNK = 1 << 18
/** The fastest: what it leaves is a tenth already. */
const LEVEL = 1

type Packed = { readonly from: number; readonly until: number; readonly bytes: Buffer }

/** One long text that is only ever added to, kept in little memory. */
export class PackedTexts {
  readonly #packed: Packed[] = []
  #open: Buffer[] = []
  #openFrom = 0
  #bytes = 0

  /** How long it is. */
  get bytes(): number {
    return this.#bytes
  }

  add(text: string): void {
    const bytes = Buffer.from(text)
    this.#open.push(bytes)
    this.#bytes += bytes.length
    if (this.#bytes - this.#openFrom >= CHUNK) this.#pack()
  }

  /** Hands over what lies between two places at which a text was added, in order. */
  each(from: number, until: number, put: (text: string) => void): void {
    const part = (bytes: Buffer, at: number) => {
      if (until > at && from < at + bytes.length) put(bytes.toString('utf8', Math.max(0, from - at), until - at))
    }
    for (const { from: at, until: end, bytes } of this.#packed) {
      if (end > from && at < until) part(inflateRawSync(bytes), at)
    }
    let at = this.#openFrom
    for (const bytes of this.#open) {
      part(bytes, at)
      at += bytes.length
    }
  }

  #pack(): void {
    const bytes = deflateRawSync(Buffer.concat(this.#open), { level: LEVEL })
    this.#packed.push({ from: this.#openFrom, until: this.#bytes, bytes })
    this.#open = []
    this.#openFrom = this.#bytes
  }
}
