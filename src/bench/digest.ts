import { createHash } from 'node:crypto'
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
    this.#hash.update(`{${fieldsText(fieldsOf(result).filter(([name]) => name < 'runs'))}"runs":[`)
  }

  add(runs: readonly Run[]): void {
    for (const run of runs) this.#hash.update(`${textOf(run)},`)
  }

  /** The digest of the added runs and the rest of the result. */
  of(result: Result): string {
    const hash = this.#hash.copy()
    hash.update(`],${fieldsText(fieldsOf(result).filter(([name]) => name > 'runs'))}}`)
    return `sha256:${hash.digest('hex')}`
  }
}

type Field = readonly [name: string, value: unknown]

const fieldsOf = ({ digest: _, runs: __, ...others }: Result): Field[] => sorted(others)

const sorted = (value: object): Field[] => Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))

function textOf(value: unknown): string {
  if (Array.isArray(value)) {
    let text = '['
    for (const item of value) text += `${textOf(item)},`
    return `${text}]`
  }
  if (typeof value === 'object' && value !== null) return `{${fieldsText(sorted(value))}}`
  return JSON.stringify(value ?? null)
}

function fieldsText(fields: readonly Field[]): string {
  let text = ''
  for (const [name, item] of fields) if (item !== undefined) text += `${JSON.stringify(name)}:${textOf(item)},`
  return text
}
