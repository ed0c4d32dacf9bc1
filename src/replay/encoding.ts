const LOOKED_AT = 64
const MARK = 0xfeff
const REPLACED = 0xfffd
const HIGHEST = 0x10_ffff

type Encoding = { readonly width: 2 | 4; readonly isLittle: boolean }

/**
 * Makes UTF-8 of UTF-16, which editors and shells of Windows write, and of UTF-32; undefined if the text, by its first bytes, is something
 * else.
 */
export function decoderOf(first: Buffer): ((chunk: Buffer) => Buffer) | undefined {
  const encoding = encodingOf(first)
  if (encoding === undefined) return undefined
  if (encoding.width === 4) return decoderOf32(encoding.isLittle)
  const decoder = new TextDecoder(encoding.isLittle ? 'utf-16le' : 'utf-16be')
  return (chunk) => Buffer.from(decoder.decode(chunk, { stream: true }))
}

function encodingOf(first: Buffer): Encoding | undefined {
  const all: readonly Encoding[] = [4, 2].flatMap((width) =>
    [true, false].map((isLittle) => ({ width, isLittle }) as Encoding),
  )
  // The mark of UTF-16 is the beginning of that of UTF-32: the wider ones come first.
  return all.find((each) => startsWithMark(first, each)) ?? all.find((each) => isPlainText(first, each))
}

const startsWithMark = (first: Buffer, { width, isLittle }: Encoding) =>
  first.length >= width && (isLittle ? first.readUIntLE(0, width) : first.readUIntBE(0, width)) === MARK

/** Without a mark: each character of a text of ASCII has one byte that is not zero, in the same place. */
function isPlainText(first: Buffer, { width, isLittle }: Encoding): boolean {
  const head = first.subarray(0, LOOKED_AT)
  const place = isLittle ? 0 : width - 1
  return head.length >= LOOKED_AT && head.every((byte, at) => (byte === 0) === (at % width !== place))
}

/** Encodings that TextDecoder does not support. */
function decoderOf32(isLittle: boolean): (chunk: Buffer) => Buffer {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const whole = bytes.length - (bytes.length % 4)
    rest = Buffer.from(bytes.subarray(whole))
    let text = ''
    for (let at = 0; at < whole; at += 4) {
      const code = isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
      if (code !== MARK) text += String.fromCodePoint(code <= HIGHEST ? code : REPLACED)
    }
    return Buffer.from(text)
  }
}
