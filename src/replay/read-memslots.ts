import { readFile } from 'node:fs/promises'
import { ReplayError } from '../errors/faultline-error.ts'
import { notJson, withoutMark } from '../errors/file-content.ts'
import { endGfnOf, type KnownMemslots, type RecordedMemslot } from './memslots.ts'

const LITERAL = /^(?:0x[\da-f]+|\d+)(?::(?:0x[\da-f]+|\d+)){1,2}(?:,|$)/i
const SHAPE = '{"memslots":[{"slot":0,"baseGfn":0,"hva":"0x7f68f7600000","pages":65536}]}'
const PAGE = 4096n
const MAX_GFN = 2 ** 40

/** Memslots as they are written on a command line, and not the name of a file. */
export const areWritten = (argument: string): boolean => LITERAL.test(argument)

/**
 * The argument of `--memslots`: a JSON file as stored beside a recording, or `gfn:hva:pages[,...]`, in decimal or with
 * 0x. Undefined if the file's writer knew no memslots: then they are inferred.
 */
export async function readMemslots(argument: string): Promise<KnownMemslots | undefined> {
  if (areWritten(argument)) {
    return { origin: 'given', says: 'memslots as given', slots: checked(parseLiteral(argument)) }
  }
  const file = parseFile(argument, await readText(argument))
  if (file.slots.length === 0) return undefined
  const says = file.isGuessed
    ? `memslots of ${argument}, which its writer guessed from the VMM's mappings`
    : `memslots of ${argument}`
  return { origin: file.isGuessed ? 'guessed' : 'given', says, slots: checked(file.slots) }
}

function parseLiteral(text: string): readonly RecordedMemslot[] {
  return text.split(',').map((part, slot) => {
    const [gfn, hva, pages, ...rest] = part.split(':')
    if (gfn === undefined || hva === undefined || pages === undefined || rest.length > 0) {
      throw wrong(`memslot ${slot} is ${JSON.stringify(part)}, not gfn:hva:pages`)
    }
    const name = (field: string) => `${field} of memslot ${slot}`
    return {
      slot,
      baseGfn: toCount(name('gfn'), gfn),
      hva: toPage(name('hva'), hva),
      pages: toCount(name('pages'), pages),
    }
  })
}

function parseFile(path: string, text: string): { slots: readonly RecordedMemslot[]; isGuessed: boolean } {
  let json: unknown
  try {
    json = JSON.parse(withoutMark(text))
  } catch (cause) {
    throw new ReplayError(`${path} ${notJson(text, cause)}`, `Its shape is ${SHAPE}.`, { cause })
  }
  const list = isRecord(json) ? json.memslots : undefined
  if (!isRecord(json) || !Array.isArray(list)) throw wrong(`${path} has no list "memslots"`)
  const slots = list.map((entry: unknown, index) => parseEntry(`memslots[${index}] of ${path}`, entry, index))
  return { slots, isGuessed: json.guessed === true }
}

function parseEntry(name: string, entry: unknown, index: number): RecordedMemslot {
  if (!isRecord(entry)) throw wrong(`${name} is ${JSON.stringify(entry)}, not an object`)
  return {
    slot: entry.slot === undefined ? index : toCount(`slot in ${name}`, entry.slot),
    baseGfn: toCount(`baseGfn in ${name}`, entry.baseGfn),
    hva: toPage(`hva in ${name}`, entry.hva),
    pages: toCount(`pages in ${name}`, entry.pages),
  }
}

/** Every slot holds something, and no gfn is in two. */
function checked(slots: readonly RecordedMemslot[]): readonly RecordedMemslot[] {
  for (const slot of slots) {
    if (slot.pages === 0) throw wrong(`pages of memslot ${slot.slot} is 0`)
    if (endGfnOf(slot) > MAX_GFN) throw wrong(`memslot ${slot.slot} ends beyond gfn 2^40`)
  }
  const sorted = slots.toSorted((a, b) => a.baseGfn - b.baseGfn)
  for (const [index, slot] of sorted.entries()) {
    const next = sorted[index + 1]
    if (next === undefined || endGfnOf(slot) <= next.baseGfn) continue
    throw wrong(`memslots ${slot.slot} and ${next.slot} both map gfn 0x${next.baseGfn.toString(16)}`)
  }
  return sorted
}

/** A whole number that fits a double, from JSON's number or from text. */
function toCount(name: string, value: unknown): number {
  const big = toBigInt(name, value)
  if (big > BigInt(Number.MAX_SAFE_INTEGER)) throw wrong(`${name} is ${value}, which is too large`)
  return Number(big)
}

/** The page of an address in bytes. Addresses may have 57 bits, so they come as text. */
function toPage(name: string, value: unknown): number {
  const address = toBigInt(name, value)
  if (address % PAGE !== 0n) throw wrong(`${name} is ${value}, which is not a multiple of 4096`)
  if (address >= 1n << 64n) throw wrong(`${name} is ${value}, which has more than 64 bits`)
  return Number(address / PAGE)
}

function toBigInt(name: string, value: unknown): bigint {
  if (value === undefined) throw wrong(`${name} is missing`)
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value
  if (typeof text === 'string' && /^(?:0x[\da-f]+|\d+)$/i.test(text)) return BigInt(text)
  throw wrong(`${name} is ${JSON.stringify(value)}, not a whole number of at least 0`)
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const reason = (cause as Error).message.replace(/^\w+: /, '').replace(/, \w+( '.*')?$/, '')
    throw new ReplayError(
      `the memslots ${path} could not be read: ${reason}`,
      'Give a file as docs/traces.md shows it, or gfn:hva:pages.',
      { cause },
    )
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const wrong = (message: string) => new ReplayError(message, `The shape is ${SHAPE}, or gfn:hva:pages[,...].`)
