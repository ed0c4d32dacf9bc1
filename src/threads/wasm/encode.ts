// The binary format of WebAssembly, as far as the modules here need it: every value that is computed is an i32, the memory is shared and imported.

/** Instructions as bytes; a block is held whole, so that the code around it does not copy its bytes again. Empty: no instructions. */
export type Code = readonly (number | Code)[]

/** In code before an `if`: its test is seldom true. It is no byte, but one of the hints for V8. */
export const UNLIKELY = -1

/** The bytes of code, without the arrays that hold them. `unlikely`: is given where the `if`s are whose tests are seldom true. */
export function bytesOf(code: Code, bytes: number[] = [], unlikely?: number[]): number[] {
  for (const each of code) {
    if (typeof each !== 'number') bytesOf(each, bytes, unlikely)
    else if (each === UNLIKELY) unlikely?.push(bytes.length)
    else bytes.push(each)
  }
  return bytes
}

/** Whether it is of so many bytes. Longer code is not counted to its end. */
export const isOfBytes = (code: Code, bytes: number): boolean => bytesLeft(code, bytes) === 0

function bytesLeft(code: Code, bytes: number): number {
  let left = bytes
  for (const each of code) {
    if (typeof each !== 'number') left = bytesLeft(each, left)
    else if (each !== UNLIKELY) left -= 1
    if (left < 0) break
  }
  return left
}

export type WasmFunction = {
  /** Numbers that it is given. */
  readonly params: number
  /** Whether a JavaScript object precedes them. */
  readonly takesObject?: boolean
  /** Numbers after them that need not be whole. */
  readonly fractions?: number
  readonly hasResult: boolean
  /** Whether the result need not be a whole number. */
  readonly givesFraction?: boolean
  /** Locals in addition to the parameters. */
  readonly locals: number
  /** Which of them have 64 bits; the first follows the last parameter. */
  readonly wideLocals?: readonly number[]
  /** Which of them hold numbers that need not be whole. */
  readonly fractionLocals?: readonly number[]
  readonly code: Code
}

type Signature = Omit<WasmFunction, 'locals' | 'wideLocals' | 'fractionLocals' | 'code'>

export type WasmImport = Signature & { readonly name: string }

export type WasmModule = {
  readonly imports: readonly WasmImport[]
  readonly functions: readonly WasmFunction[]
  /** Indices count the imports first. */
  readonly exports: readonly { readonly name: string; readonly index: number }[]
  readonly pages: number
}

/** The module name of the imports. */
export const HOST = 'host'
export const PAGE_BYTES = 65_536

const I32 = 0x7f
const I64 = 0x7e
const F64 = 0x7c
const OBJECT = 0x6f
const HINTS = 'metadata.code.branch_hint'
const SECTION = { custom: 0, type: 1, import: 2, function: 3, export: 7, code: 10 } as const
const OF_FUNCTION = 0
const OF_MEMORY = 2
const SHARED_WITH_MAXIMUM = 3

/** LEB128 of a number that is not negative. */
export function unsigned(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value >>> 0; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest]
    bytes.push((rest & 0x7f) | 0x80)
  }
}

/** LEB128 of 32 bits with a sign. */
export function signed(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value | 0; ; rest >>= 7) {
    const low = rest & 0x7f
    if (rest >> 6 === 0 || rest >> 6 === -1) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}

/** LEB128 of a whole number that a double holds exactly. */
export function signedWide(value: number): number[] {
  const bytes: number[] = []
  for (let rest = BigInt(value); ; rest >>= 7n) {
    const low = Number(rest & 0x7fn)
    if (rest >> 6n === 0n || rest >> 6n === -1n) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}

/** The bytes of a module. */
export function encodeModule({ imports, functions, exports, pages }: WasmModule): Uint8Array<ArrayBuffer> {
  const types = new Types()
  const memory = [
    ...text(HOST),
    ...text('memory'),
    OF_MEMORY,
    SHARED_WITH_MAXIMUM,
    ...unsigned(pages),
    ...unsigned(pages),
  ]
  const imported = imports.map((each) => [...text(HOST), ...text(each.name), OF_FUNCTION, ...unsigned(types.of(each))])
  const declared = functions.map((each) => unsigned(types.of(each)))
  const exported = exports.map(({ name, index }) => [...text(name), OF_FUNCTION, ...unsigned(index)])
  const bodies = functions.map(body)
  const parts = bodies.flatMap(({ bytes }) => [unsigned(bytes.length), bytes])
  const count = unsigned(bodies.length)
  const length = lengthOf(parts) + count.length
  const before = bytesOf([
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(SECTION.type, types.all),
    section(SECTION.import, [memory, ...imported]),
    section(SECTION.function, declared),
    section(SECTION.export, exported),
    custom(HINTS, hintsOf(bodies, imports.length)),
    [SECTION.code, ...unsigned(length)],
  ])
  return joined([before, count, ...parts])
}

type Bytes = readonly number[]

const lengthOf = (parts: readonly Bytes[]): number => parts.reduce((sum, { length }) => sum + length, 0)

function joined(parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(lengthOf(parts))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Each type once. */
class Types {
  readonly #known: string[] = []

  of({ params, fractions = 0, takesObject, hasResult, givesFraction }: Signature): number {
    const numbers = [...new Array<Code>(params).fill([I32]), ...new Array<Code>(fractions).fill([F64])]
    const given = [...(takesObject ? [[OBJECT]] : []), ...numbers]
    const bytes = [0x60, ...vector(given), ...vector(hasResult ? [[givesFraction ? F64 : I32]] : [])]
    const at = this.#known.indexOf(bytes.join())
    return at >= 0 ? at : this.#known.push(bytes.join()) - 1
  }

  get all(): number[][] {
    return this.#known.map((bytes) => bytes.split(',').map(Number))
  }
}

type Body = { readonly bytes: Bytes; readonly unlikely: readonly number[] }

function body({ locals, wideLocals = [], fractionLocals = [], code }: WasmFunction): Body {
  const types = new Array<number>(locals).fill(I32)
  for (const each of wideLocals) types[each] = I64
  for (const each of fractionLocals) types[each] = F64
  const unlikely: number[] = []
  const bytes = bytesOf([vector(types.map((type) => [1, type])), code, 0x0b], [], unlikely)
  return { bytes, unlikely }
}

/** By function, where its `if`s are whose tests are seldom true. */
function hintsOf(bodies: readonly Body[], imports: number): Code {
  const functions = bodies.flatMap(({ unlikely }, index) => {
    const hints = unlikely.map((offset) => [...unsigned(offset), 1, 0])
    return hints.length === 0 ? [] : [[...unsigned(imports + index), ...vector(hints)]]
  })
  return vector(functions)
}

function custom(name: string, content: Code): Code {
  const bytes = bytesOf([...text(name), content])
  return [SECTION.custom, ...unsigned(bytes.length), bytes]
}

function section(id: number, items: readonly Code[]): Code {
  const bytes = vector(items)
  return [id, ...unsigned(bytes.length), bytes]
}

const vector = (items: readonly Code[]): number[] => bytesOf(items, unsigned(items.length))

const text = (name: string): number[] => vector([...new TextEncoder().encode(name)].map((byte) => [byte]))
