import { RunningDigest } from './digest.ts'
import type { Result, Run } from './result.ts'

/** The text of a result file. */
export function resultText(result: Result): string {
  const texts: string[] = []
  new GrowingText().of(result).rest((text) => texts.push(text))
  return texts.join('')
}

/** Hands a long text over, piece by piece; as often as it is called. */
export type Texts = (put: (text: string) => void) => void

/** The text of a result: this many bytes of the text before it, and the bytes after them. */
export type Grown = {
  readonly kept: number
  readonly rest: Texts
  /** The runs that are new in it. */
  readonly added: readonly Run[]
}

/**
 * The text of a result that grows: JSON as `JSON.stringify` lays it out with an indent of 1, the digest last. Of a result that begins
 * as the one before only the runs that were added are made into text, and no text is as long as a whole file.
 */
export class GrowingText {
  #runs: readonly Run[] = []
  /** The text before the runs, in the file and in its digest. */
  #beginning = ''
  #bytes = 0
  #digest: RunningDigest | undefined

  of(result: Result): Grown {
    const { digest: _, ...own } = result
    const entries = Object.entries(own).filter(([, value]) => value !== undefined)
    const at = entries.findIndex(([name]) => name === 'runs')
    const before = `{\n${entries.slice(0, at).map(fieldText).join('')} "runs": [`
    const beginning = before + JSON.stringify(entries.slice(at + 1).filter(([name]) => name < 'runs'))
    if (beginning !== this.#beginning || !this.#runs.every((run, index) => run === result.runs[index]))
      this.#begin(beginning)
    this.#digest ??= new RunningDigest(result)
    const added = result.runs.slice(this.#runs.length)
    this.#digest.add(added)
    const digest = { digest: this.#digest.of(result) }
    const after = [...entries.slice(at + 1), ...Object.entries(digest)].map(fieldText).join('')
    const end = `${result.runs.length === 0 ? '' : '\n '}],\n${after.slice(0, -2)}\n}\n`
    const kept = this.#bytes
    const there = this.#runs.length
    this.#runs = [...result.runs]
    const rest: Texts = (put) => {
      let bytes = kept
      const counted = (text: string) => {
        bytes += Buffer.byteLength(text)
        put(text)
      }
      if (kept === 0) counted(before)
      for (const [index, run] of added.entries()) counted(`${there + index === 0 ? '' : ','}\n  ${indented(run, '  ')}`)
      this.#bytes = bytes
      put(end)
    }
    return { kept, rest, added }
  }

  #begin(beginning: string): void {
    this.#runs = []
    this.#beginning = beginning
    this.#bytes = 0
    this.#digest = undefined
  }
}

const fieldText = ([name, value]: readonly [string, unknown]) => ` ${JSON.stringify(name)}: ${indented(value, ' ')},\n`

/** Ends of lines are of the layout only: those in a text are escaped. */
const indented = (value: unknown, indent: string) => JSON.stringify(value, null, 1).replaceAll('\n', `\n${indent}`)
