import { createHash, type Hash } from 'node:crypto'
import type { Result, Run } from './result.ts'

/**
 * SHA-256 of a result without its digest: of JSON with sorted names and without white space, so it does not depend on
 * the layout of the file. It detects later changes. It is not a signature, since any program can compute it.
 */
export function digestOf(result: Result): string {
  const digest = new RunningDigest(result)
  digest.add(result.runs)
  return digest.of(result)
}

/** The digest of a result that grows: each run is read once. */
export class RunningDigest {
  readonly #hash = createHash('sha256')

  /** Names before `runs`, in the order of the alphabet, stay as they are. */
  constructor(result: Result) {
    this.#hash.update('{')
    putFields(
      this.#hash,
      fieldsOf(result).filter(([name]) => name < 'runs'),
    )
    this.#hash.update('"runs":[')
  }

  add(runs: readonly Run[]): void {
    putItems(this.#hash, runs)
  }

  /** The digest of the added runs and the rest of the result. */
  of(result: Result): string {
    const hash = this.#hash.copy()
    hash.update('],')
    putFields(
      hash,
      fieldsOf(result).filter(([name]) => name > 'runs'),
    )
    hash.update('}')
    return `sha256:${hash.digest('hex')}`
  }
}

type Field = readonly [name: string, value: unknown]

const fieldsOf = ({ digest: _, runs: __, ...others }: Result): Field[] => sorted(others)

const sorted = (value: object): Field[] => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))

function put(hash: Hash, value: unknown): void {
  if (Array.isArray(value)) {
    hash.update('[')
    putItems(hash, value)
    hash.update(']')
  } else if (typeof value === 'object' && value !== null) {
    hash.update('{')
    putFields(hash, sorted(value))
    hash.update('}')
  } else {
    hash.update(JSON.stringify(value ?? null))
  }
}

function putItems(hash: Hash, items: readonly unknown[]): void {
  for (const item of items) {
    put(hash, item)
    hash.update(',')
  }
}

function putFields(hash: Hash, fields: readonly Field[]): void {
  for (const [name, item] of fields) {
    if (item === undefined) continue
    hash.update(`${JSON.stringify(name)}:`)
    put(hash, item)
    hash.update(',')
  }
}
