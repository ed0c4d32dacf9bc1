import { RunningDigest } from './digest.ts'
import { PackedTexts } from './packed-texts.ts'
import type { Result, Run } from './result.ts'

/** The text of a result file. */
export function resultText(result: Result): string {
  const texts: string[] = []
  textsOf(result)((text) => texts.push(text))
  return texts.join('')
}

/** Hands a long text over, piece by piece; as often as it is called. */
export type Texts = (put: (text: string) => void) => void

/** The same, no piece of which is as long as a whole file. */
export function textsOf(result: Result): Texts {
  const digest = new RunningDigest(result)
  digest.add(result.runs)
  return (put) => {
    put(beginningOf(result))
    for (const [index, run] of result.runs.entries()) put(runText(run, index))
    put(endOf(result, digest))
  }
}

/** The text of a result: this many bytes of the text before it, and the bytes after them. */
export type Grown = { readonly kept: number; readonly rest: Texts }

/**
 * The text of a result that grows: JSON as `JSON.stringify` lays it out with an indent of 1, the digest last. Of a result that begins
 * as the one before only the runs that were added are made into text. Of runs that are told to it as they are finished, the result may
 * hold less than the text does.
 */
export class GrowingText {
  /** The runs in the result. */
  #runs: Run[] = []
  #texts = new PackedTexts()
  #digest: RunningDigest | undefined
  /** The text before the runs, in the digest and in the file. */
  #digested = ''
  #beginning = ''
  /** How far the text before is that of the next, if that begins alike. */
  #kept = 0

  /** Runs that come next, and what of each the result will have. */
  add(header: Result, runs: readonly Run[], held: readonly Run[]): void {
    if (this.#digest === undefined) this.#begin(header)
    for (const run of runs) this.#texts.add(runText(run, this.#texts.bytes === 0 ? 0 : 1))
    this.#digest!.add(runs)
    this.#runs.push(...held)
  }

  /** Runs of which there is no text yet. */
  newIn(result: Result): readonly Run[] {
    return this.#isBegunBy(result) ? result.runs.slice(this.#runs.length) : result.runs
  }

  of(result: Result): Grown {
    const added = this.newIn(result)
    if (!this.#isBegunBy(result)) this.#begin(result)
    this.add(result, added, added)
    const beginning = beginningOf(result)
    if (beginning !== this.#beginning) this.again()
    this.#beginning = beginning
    const before = Buffer.byteLength(beginning)
    const [kept, until, end] = [this.#kept, this.#texts.bytes, endOf(result, this.#digest!)]
    this.#kept = before + until
    const rest: Texts = (put) => {
      if (kept === 0) put(beginning)
      this.#texts.each(Math.max(0, kept - before), until, put)
      put(end)
    }
    return { kept, rest }
  }

  /** Nothing is left of the text before. */
  again(): void {
    this.#kept = 0
  }

  /** The runs as they were told. */
  whole(): Run[] {
    const runs: Run[] = []
    this.#texts.each(0, this.#texts.bytes, (text) => {
      runs.push(...(JSON.parse(`[${text.replace(/^,/, '')}]`) as Run[]))
    })
    return runs
  }

  #isBegunBy(result: Result): boolean {
    return digestedOf(result) === this.#digested && this.#runs.every((run, index) => run === result.runs[index])
  }

  #begin(result: Result): void {
    this.#runs = []
    this.#texts = new PackedTexts()
    this.#digest = new RunningDigest(result)
    this.#digested = digestedOf(result)
    this.#kept = 0
  }
}

const fieldsOf = ({ digest: _, ...own }: Result) => Object.entries(own).filter(([, value]) => value !== undefined)

function beginningOf(result: Result): string {
  const fields = fieldsOf(result)
  const at = fields.findIndex(([name]) => name === 'runs')
  return `{\n${fields.slice(0, at).map(fieldText).join('')} "runs": [`
}

const digestedOf = (result: Result) => JSON.stringify(fieldsOf(result).filter(([name]) => name < 'runs'))

function endOf(result: Result, digest: RunningDigest): string {
  const fields = fieldsOf(result)
  const after = fields.slice(fields.findIndex(([name]) => name === 'runs') + 1)
  const text = [...after, ['digest', digest.of(result)] as const].map(fieldText).join('')
  return `${result.runs.length === 0 ? '' : '\n '}],\n${text.slice(0, -2)}\n}\n`
}

const runText = (run: Run, index: number) => `${index === 0 ? '' : ','}\n  ${indented(run, '  ')}`

const fieldText = ([name, value]: readonly [string, unknown]) => ` ${JSON.stringify(name)}: ${indented(value, ' ')},\n`

/** Ends of lines are of the layout only: those in a text are escaped. */
const indented = (value: unknown, indent: string) => JSON.stringify(value, null, 1).replaceAll('\n', `\n${indent}`)
