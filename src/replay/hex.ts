const ZERO = 0x30
const X = 0x78
const MAX_DIGITS = 16
const HALF_DIGITS = 8

/** The value of each byte as a hexadecimal digit; -1 if it is none. */
const DIGITS = Int8Array.from({ length: 256 }, (_, byte) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase())
  return byte < 128 ? digit : -1
})

/**
 * A register of 64 bits, read from hexadecimal digits with or without `0x`, kept in two halves: nothing is allocated and no
 * bit is lost.
 */
export class Hex {
  high = 0
  low = 0
  /** The number of digits, if they were hexadecimal. */
  digits = 0
  /** The offset after the digits. */
  end = 0

  /** False if there is no number at `from`. */
  read(bytes: Uint8Array, from: number, to: number): boolean {
    const first = bytes[from] === ZERO && bytes[from + 1] === X ? from + 2 : from
    const half = Math.min(to, first + HALF_DIGITS)
    let upper = 0
    let at = first
    for (; at < half; at += 1) {
      const digit = DIGITS[bytes[at]!]!
      if (digit < 0) break
      upper = (upper << 4) | digit
    }
    if (at === first + HALF_DIGITS) at = this.#readRest(bytes, at, to, upper)
    else {
      this.high = 0
      this.low = upper >>> 0
    }
    this.digits = at - first
    this.end = at
    return at > first && at - first <= MAX_DIGITS
  }

  /** Reads the digits after the first eight, which are then shifted up; returns the end offset. */
  #readRest(bytes: Uint8Array, from: number, to: number, upper: number): number {
    let low = 0
    let at = from
    for (; at < to; at += 1) {
      const digit = DIGITS[bytes[at]!]!
      if (digit < 0) break
      low = (low << 4) | digit
    }
    const bits = (at - from) * 4
    this.high = bits >= 32 ? upper >>> 0 : bits === 0 ? 0 : upper >>> (32 - bits)
    this.low = bits >= 32 ? low >>> 0 : ((upper << bits) | low) >>> 0
    return at
  }

  /** As C prints numbers: decimal, or with 0x hexadecimal. */
  readRaw(bytes: Uint8Array, from: number, to: number): boolean {
    if (bytes[from] === ZERO && bytes[from + 1] === X) return this.read(bytes, from, to)
    let at = from
    let value = 0n
    for (; at < to && bytes[at]! >= ZERO && bytes[at]! <= ZERO + 9; at += 1)
      value = value * 10n + BigInt(bytes[at]! - ZERO)
    this.high = Number((value >> 32n) & 0xffff_ffffn)
    this.low = Number(value & 0xffff_ffffn)
    this.end = at
    return at > from && value < 1n << 64n
  }

  /** As a byte address: the number of its 4 KiB page. */
  get page(): number {
    return this.high * 2 ** 20 + (this.low >>> 12)
  }

  /** As the end of a byte range: the number of the first page after it. */
  get pageUp(): number {
    return this.page + ((this.low & 0xfff) === 0 ? 0 : 1)
  }

  get isZero(): boolean {
    return this.high === 0 && this.low === 0
  }

  /** Modulo 2^52, which distinguishes all kernel addresses and holds every gfn and physical address. */
  get low52(): number {
    return (this.high & 0xf_ffff) * 2 ** 32 + this.low
  }
}
