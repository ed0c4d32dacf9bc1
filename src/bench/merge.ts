import { FaultlineError } from '../errors/faultline-error.ts'
import type { Result, Run } from './result.ts'

/** A part of a plan, and the file it is from. */
export type PartOfPlan = { readonly name: string; readonly result: Result }

/**
 * Merges the parts of a plan. For modelled plans the result is byte for byte what one machine would have written. Throws
 * a sentence that names a part that is missing, duplicated, truncated or from another plan.
 */
export function mergeParts(parts: readonly PartOfPlan[]): Result {
  const [first] = parts
  if (first === undefined) throw refused('there is nothing to merge', 'Name the parts of a plan.')
  for (const part of parts) checkPart(part, first)
  const { of, points, refined } = first.result.shard!
  const isRefined = refined !== undefined
  // A plan with fewer loads than parts leaves the last parts empty.
  checkAllThere(parts, isRefined ? of : Math.min(of, points), of)
  if (isRefined) checkRefined(parts, first, points)
  const runs = parts
    .flatMap((part) => (isRefined && part !== first ? beyond(part, points) : part.result.runs))
    .toSorted((a, b) => a.point! - b.point!)
  checkPoints(parts, runs, points, of)
  const { shard: _, digest: __, ...whole } = first.result
  return { ...whole, runs: runs.map(({ point: ___, ...run }) => run) }
}

/** The points of a part beyond those of the sweep, which every part of a refined plan has. */
const beyond = ({ result }: PartOfPlan, points: number) => result.runs.filter(({ point }) => point! >= points)

function checkRefined(parts: readonly PartOfPlan[], first: PartOfPlan, points: number): void {
  const sweepOf = ({ result }: PartOfPlan) => JSON.stringify(result.runs.filter(({ point }) => point! < points))
  const sweep = sweepOf(first)
  for (const part of parts) {
    const own = new Set(beyond(part, points).map(({ point }) => point)).size
    if (part.result.shard!.refined !== own) {
      throw refused(
        `${part.name} was not run to its end: of the points near the frontier ${own} are there`,
        `Continue with \`bench --resume ${part.name}\`.`,
      )
    }
    if (sweepOf(part) !== sweep) throw refused(`${part.name} and ${first.name} refine different sweeps`, SAME)
  }
}

function checkPart({ name, result }: PartOfPlan, first: PartOfPlan): void {
  const { shard } = result
  if (shard === undefined) throw refused(`${name} is no part of a plan`, 'Parts are written by `bench --shard i/n`.')
  if (result.runs.some(({ point }) => point === undefined)) {
    throw refused(`${name} does not name the load of each run`, SAME)
  }
  const other = first.result
  const differs =
    shard.of !== other.shard!.of || shard.points !== other.shard!.points
      ? `it is part ${shard.index} of ${shard.of} with ${shard.points} loads`
      : JSON.stringify(result.command) !== JSON.stringify(other.command)
        ? 'its command differs'
        : result.source.definition !== other.source.definition
          ? 'its code differs'
          : JSON.stringify(result.profiles) !== JSON.stringify(other.profiles)
            ? 'its machines differ'
            : undefined
  if (differs !== undefined) throw refused(`${name} is of another plan than ${first.name}: ${differs}`, SAME)
  const isMeasured = result.runs.some(({ kind }) => kind === 'measured')
  if (isMeasured && JSON.stringify(hostOf(result)) !== JSON.stringify(hostOf(other))) {
    throw refused(
      `${name} and ${first.name} were measured on different hosts, which one result cannot hold`,
      'Compare them instead: `faultline compare`.',
    )
  }
}

const SAME = 'Run every part with the same flags, and the same version of faultline.'
const hostOf = ({ host: { cpu, cores, quota, node } }: Result) => ({ cpu, cores, quota, node })

function checkAllThere(parts: readonly PartOfPlan[], filled: number, of: number): void {
  for (let index = 1; index <= filled; index += 1) {
    const own = parts.filter(({ result }) => result.shard!.index === index)
    if (own.length === 0) throw refused(`part ${index} of ${of} is missing`, `Run \`bench --shard ${index}/${of}\`.`)
    if (own.length > 1) {
      throw refused(
        `part ${index} of ${of} is there twice: ${own.map(({ name }) => name).join(', ')}`,
        'Leave one out.',
      )
    }
  }
}

function checkPoints(parts: readonly PartOfPlan[], runs: readonly Run[], points: number, of: number): void {
  const there = new Set(runs.map(({ point }) => point))
  for (let point = 0; point < points; point += 1) {
    if (there.has(point)) continue
    const { name } = parts.find(({ result }) => result.shard!.index === (point % of) + 1)!
    throw refused(
      `${name} was not run to its end: load ${point + 1} of ${points} is missing`,
      `Continue with \`bench --resume ${name}\`.`,
    )
  }
}

const refused = (message: string, hint: string) => new FaultlineError('NOT_MERGED', 'usage', message, { hint })
