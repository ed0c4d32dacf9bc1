import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { digestOf } from '../bench/digest.ts'
import { deviations } from '../bench/gate/exact.ts'
import type { Result } from '../bench/result.ts'
import { validate } from '../bench/schema.ts'
import { kindOfPath, mutationsOf } from '../bench/verifying/mutations.contract.ts'
import { planFaults } from '../bench/verifying/plan.ts'
import { otherWords } from '../bench/verifying/same.ts'
import { faultsOf, otherCode } from '../bench/verifying/verify.ts'
import { Random } from '../workers/random.ts'
import { faultline } from './faultline.contract.ts'
import type { Io } from './io.ts'
import { planIn, rerun } from './rerun.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-mutations-'))
/** One in so many of the thousands of fields of a result is altered; ONE_IN=1 alters all. */
const ONE_IN = Number(process.env.ONE_IN ?? 64)
const NOWHERE = { signal: new AbortController().signal, runtime: { node: '', v8: '' } } as Io

async function resultOf(name: string, ...words: string[]): Promise<Result> {
  const file = join(FOLDER, `${name}.json`)
  await faultline('bench', '-s', 'precheck', '--vcpus', '1', ...words, '--quiet', '--out', file)
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** Everything that `verify` looks at, besides the digest. */
async function verifierOf(result: Result): Promise<(other: unknown) => boolean> {
  const { groups, options } = await planIn(result, 'it', NOWHERE, () => false)
  const isModelled = result.runs.every(({ kind }) => kind === 'modelled')
  const leave = { opens: () => false, threads: false }
  const again = isModelled ? await rerun(result, result.runs, 'it', NOWHERE, leave) : undefined
  const isOther = otherCode()
  return (value) => {
    let read: Result
    try {
      read = validate(value)
    } catch {
      return true
    }
    const found = [...faultsOf(read), ...planFaults(read, groups, options), ...read.runs.filter(isOther)]
    if (found.length > 0 || again === undefined) return found.length > 0
    return deviations(read, again).length + otherWords(read.runs, again.runs).length > 0
  }
}

/** What docs/comparing.md says cannot be known. */
const UNKNOWABLE: readonly RegExp[] = [
  /^(id|createdAt|command|seed|source|host|calibration)\b/,
  /^runs\[\]\.trials\[\]\.(durationNs|cpus removed)/,
  /^runs\[\]\.trials\[\]\.metrics\.\*/,
  /^runs\[\]\.trials\[\]\.counters\.\*/,
  /^runs\[\]\.(noise|warnings)\b/,
  /^runs\[\]\.locks\[\]\.(kind|who\[\]\.worker|holds|holdTotalNs|holdMaxNs)/,
  /^runs\[\]\.histograms\.\*\.(min|max) a little/,
  /^runs\[\]\.model\.machine/,
]

for (const [name, words] of [
  ['measured', ['--trials', '3', '--duration', '30ms', '--warmup', '20ms']],
  ['modelled', ['-m', 'altra-64', '--duration', '300us', '--warmup', '100us', '--seed', '1,2']],
] as const) {
  test(`of a ${name} result verify notices nearly every field that is altered, and the digest each of them`, async () => {
    const { digest, ...plain } = await resultOf(name, ...words)
    const result = plain as Result
    const isNoticed = await verifierOf(result)
    assert.equal(isNoticed(result), false, 'the result as it was written')
    assert.equal(digest, digestOf(result))
    const random = new Random(7)
    const missed: string[] = []
    let tried = 0
    for (const { path, what, mutated } of mutationsOf(result)) {
      if (random.below(ONE_IN) > 0) continue
      tried += 1
      // A file without a list of runs is refused before its digest is asked for.
      if (Array.isArray((mutated as Result).runs)) assert.notEqual(digestOf(mutated as Result), digest, path)
      if (!isNoticed(mutated)) missed.push(`${kindOfPath(path)} ${what}`)
    }
    assert.deepEqual(
      missed.filter((kind) => !UNKNOWABLE.some((known) => known.test(kind))),
      [],
    )
    assert.ok(missed.length <= tried * 0.15, `${missed.length} of ${tried} were not noticed: ${missed.join(', ')}`)
  })
}
