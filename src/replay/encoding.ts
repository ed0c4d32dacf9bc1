const LITTLE = Buffer.from([0xff, 0xfe])
const BIG = Buffer.from([0xfe, 0xff])
/** The bytes that are inspected to recognise text of two bytes a character without a byte-order mark. */
const LOOKED_AT = 64

/** Makes UTF-8 of UTF-16, which editors and shells of Windows write; undefined if the text, by its first bytes, is something else. */
export function decoderOf(first: Buffer): ((chunk: Buffer) => Buffer) | undefined {
  const encoding = encodingOf(first)
  if (encoding === undefined) return undefined
  const decoder = new TextDecoder(encoding)
  return (chunk) => Buffer.from(decoder.decode(chunk, { stream: true }))
}

function encodingOf(first: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if (first.subarray(0, 2).equals(LITTLE)) return 'utf-16le'
  if (first.subarray(0, 2).equals(BIG)) return 'utf-16be'
  const head = first.subarray(0, LOOKED_AT)
  const zeros = (parity: number) => head.filter((byte, at) => at % 2 === parity && byte === 0).length
  const isText = (parity: number) =>
    head.length >= LOOKED_AT && zeros(parity) === 0 && zeros(1 - parity) === LOOKED_AT / 2
  return isText(0) ? 'utf-16le' : isText(1) ? 'utf-16be' : undefined
}
