import { lstatSync, rmSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { leanRuns } from '../../bench/lean.ts'
import type { Result, Run } from '../../bench/result.ts'
import { GrowingText, type Grown, type Texts } from '../../bench/result-text.ts'
import { validate } from '../../bench/schema.ts'
import { FaultlineError } from '../../errors/faultline-error.ts'
import { type Held, heldBy, heldIn, heldText, isLess, NOTHING } from './held.ts'
import { makeFolder } from './make-folder.ts'
import { checkOutput, type Output, presentAt } from './output.ts'
import { reasonOf } from './trouble.ts'
import { type Identity, isSameFile, writeWhole } from './write-whole.ts'

/** The default folder for results, under the current folder. */
const RESULTS = 'results'
const MOST_NAMES = 10_000
/** The ratio of the pause between two writes to the duration of a write. The pause is limited by what may be lost. */
const SHARE = 20
const MOST_LOST_MS = 10_000

export type Place = {
  /** The path that the user named; undefined: `results/2026-11-21T073600Z-precheck.json`, which sorts by time. */
  readonly out: string | undefined
  readonly plan: string
  readonly force: boolean
  readonly inputs: readonly (string | undefined)[]
  /** Called once if a part of the result could not be written; the plan continues. */
  readonly note: (text: string) => void
}

/** Where a result was kept, and a sentence about any deviation from the request. */
export type Kept = { readonly path: string | undefined; readonly says: string | undefined; readonly trouble?: unknown }

/**
 * The file in which a plan keeps its result while it runs. A free name is taken exclusively. An earlier result of that
 * name is replaced only by one that holds as much, unless `force` is set. Until then, or if another process has written there meanwhile, this
 * result goes to a new name beside it.
 */
export class ResultFile {
  readonly #place: Place
  readonly #target: string
  readonly #isNamed: boolean
  /** The size of an earlier result of that name; undefined if there was no result. */
  readonly #earlier: Held | undefined
  #earlierFile: Identity | undefined
  /** The current location of this plan's result. */
  #own: { readonly path: string; readonly file: Identity } | undefined
  readonly #text = new GrowingText()
  #trouble: unknown
  /** Before then what there is so far is not written again. */
  #nextMs = 0
  /** The result that has not been written yet. */
  #left: (() => Result) | undefined
  readonly #now: () => number

  /** `planned`: the size of the complete plan, if it is known. */
  constructor(place: Place, planned: Held | undefined, now = () => performance.now()) {
    this.#place = place
    this.#now = now
    this.#isNamed = place.out !== undefined
    this.#target = place.out ?? join(RESULTS, `${stamp(new Date())}-${place.plan}.json`)
    if (!this.#isNamed) makeFolder(RESULTS, this.#target)
    const present = checkOutput(this.#output)
    if (present === undefined || !this.#isNamed) return
    this.#earlierFile = present
    this.#earlier = present.isEmpty ? NOTHING : heldIn(this.#target)
    if (place.force || planned === undefined || !isLess(planned, this.#earlier)) return
    throw new FaultlineError(
      'HOLDS_MORE',
      'usage',
      `${this.#target} holds ${heldText(this.#earlier)}, more than the ${heldText(planned)} of this plan`,
      { hint: 'Give another place with --out FILE, or --force to replace it.' },
    )
  }

  /** Takes finished runs of a plan that has too many to hold them whole; returns what is to be held of them. */
  held(runs: readonly Run[], sofar: Result): readonly Run[] {
    validate({ ...sofar, runs })
    const held = leanRuns(runs)
    this.#text.add(sofar, runs, held)
    return held
  }

  /** A result of held runs, with the whole of each. */
  whole(result: Result): Result {
    return { ...result, runs: this.#text.whole() }
  }

  /**
   * Keeps what there is so far, as often as it costs the plan little: the file of a long sweep is large. That the disk is full ends no
   * plan.
   */
  keep(result: Result): void {
    this.offer(() => result)
    this.keepLeft()
  }

  /** Offers the current result; it is assembled only if it is written. */
  offer(sofar: () => Result): void {
    this.#left = sofar
  }

  /** Writes results that `keep` or `offer` postponed. Call it whenever no measurement is running. */
  keepLeft(): void {
    const began = this.#now()
    if (this.#left === undefined || began < this.#nextMs) return
    try {
      this.#write(this.#left())
      this.#left = undefined
      this.#trouble = undefined
      const ended = this.#now()
      this.#nextMs = ended + Math.min((ended - began) * SHARE, MOST_LOST_MS)
    } catch (cause) {
      if (this.#trouble === undefined) {
        this.#place.note(
          `${this.#target} cannot be written: ${reasonOf(cause)}; the plan continues, and writes the file as soon as it can`,
        )
      }
      this.#trouble = cause
    }
  }

  /** Keeps the final result. */
  finish(result: Result): Kept {
    try {
      this.#write(result)
    } catch (cause) {
      return this.#elsewhere(result, cause)
    }
    const path = this.#own?.path
    if (path === undefined || path === this.#target) return { path, says: undefined }
    if (!this.#isNamed) return { path, says: undefined }
    return { path, says: `${this.#whyNot(result)}; the result of this plan is in ${path}` }
  }

  get path(): string | undefined {
    return this.#own?.path
  }

  get #output(): Output {
    const { force, inputs } = this.#place
    return { path: this.#target, kind: 'result', force, inputs }
  }

  #write(result: Result): void {
    if (result.runs.length === 0) return
    const isOwnThere = this.#own !== undefined && isAt(this.#own.path, this.#own.file)
    if (!isOwnThere) this.#text.again()
    try {
      this.#put(result, this.#grown(result))
    } catch (cause) {
      // The text that was to be extended may no longer be in the file.
      this.#text.again()
      throw cause
    }
  }

  #grown(result: Result): Grown {
    validate({ ...result, runs: this.#text.newIn(result) })
    return this.#text.of(result)
  }

  #put(result: Result, { kept, rest }: Grown): void {
    const beginsAs = kept === 0 ? undefined : { path: this.#own!.path, bytes: kept }
    if (this.#mayReplace(result)) {
      const mode = presentAt(this.#output)?.mode
      const aside = this.#own?.path
      const file = writeWhole(this.#target, rest, { mode, replaces: true, beginsAs })
      if (aside !== undefined && aside !== this.#target) removeOwn(aside, this.#own!.file)
      this.#own = { path: this.#target, file }
    } else if (this.#own !== undefined && isAt(this.#own.path, this.#own.file)) {
      this.#own = { path: this.#own.path, file: writeWhole(this.#own.path, rest, { replaces: true, beginsAs }) }
    } else {
      this.#own = writeNew(this.#target, rest)
    }
  }

  /** Whether this plan may use the requested name: it has it already, or the file there holds no more. */
  #mayReplace(result: Result): boolean {
    if (this.#own?.path === this.#target) return isAt(this.#target, this.#own.file)
    if (this.#earlierFile === undefined || !isAt(this.#target, this.#earlierFile)) return false
    return this.#place.force || !isLess(heldBy(result), this.#earlier ?? NOTHING)
  }

  #whyNot(result: Result): string {
    if (!this.#place.force && this.#earlier !== undefined && isLess(heldBy(result), this.#earlier)) {
      return `${this.#target} holds ${heldText(this.#earlier)}, and was left as it is`
    }
    return `another process wrote ${this.#target} meanwhile`
  }

  /** The last resort, so that measurements are not lost when the disk fails. */
  #elsewhere(result: Result, cause: unknown): Kept {
    const { path } = this
    const reason = `${this.#target} cannot be written: ${reasonOf(cause)}`
    try {
      this.#text.again()
      const { rest } = this.#grown(result)
      const other = writeNew(join(os.tmpdir(), `faultline-${this.#place.plan}.json`), rest)
      return { path: other.path, says: `${reason}; the result is in ${other.path}`, trouble: cause }
    } catch {
      const left = path === undefined ? 'no part of it is kept' : `the part kept before that is in ${path}`
      return { path, says: `${reason}; ${left}`, trouble: cause }
    }
  }
}

const stamp = (date: Date) =>
  date
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '')

function isAt(path: string, file: Identity): boolean {
  const now = lstatSync(path, { throwIfNoEntry: false })
  return now !== undefined && isSameFile(now, file)
}

function removeOwn(path: string, file: Identity): void {
  if (isAt(path, file)) rmSync(path)
}

/** `x.json`, or the first of `x-2.json`, `x-3.json` that does not exist. */
function writeNew(wanted: string, texts: Texts): { path: string; file: Identity } {
  const stem = wanted.replace(/\.json$/, '')
  for (let index = 1; index <= MOST_NAMES; index += 1) {
    const path = index === 1 ? wanted : `${stem}-${index}.json`
    try {
      return { path, file: writeWhole(path, texts, { replaces: false }) }
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    }
  }
  throw new FaultlineError('NO_NAME', 'usage', `${stem}-2.json to ${stem}-${MOST_NAMES}.json are all taken`, {
    hint: 'Give another place with --out FILE.',
  })
}
