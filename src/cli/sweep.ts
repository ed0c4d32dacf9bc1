import { FaultlineError } from '../errors/faultline-error.ts'
import type { BenchArgs } from './bench-args.ts'
import { checkPoints } from './plan-size.ts'

/** Flags that a sweep may vary by their name; every other name is a parameter, a cost or a machine's, as in --set. */
const FLAGS = ['vcpus', 'notifiers', 'zappers', 'machine', 'duration', 'rate', 'words', 'kernel'] as const
type Swept = (typeof FLAGS)[number]

/** One point of a sweep: a value for each name. */
export type Point = readonly (readonly [name: string, value: string])[]

/** Every combination of the lists, the last one varying fastest; without a sweep one point that sets nothing. */
export function pointsOf(sweeps: readonly string[] | undefined): Point[] {
  const lists = (sweeps ?? []).map(listOf)
  if (lists.some(({ name }) => name === 'seed')) {
    throw wrong(
      '--sweep seed varies no load',
      'Write --seed 1..20: each load runs on a model with every one of these seeds, and its spread is shown.',
    )
  }
  const twice = lists.find(({ name }, at) => lists.findIndex((other) => other.name === name) !== at)
  if (twice !== undefined) throw wrong(`--sweep ${twice.name} is given twice`, 'Write its values in one list.')
  checkPoints(...lists.map(({ values }) => values))
  return lists.reduce<Point[]>(
    (points, { name, values }) => points.flatMap((point) => values.map((value): Point => [...point, [name, value]])),
    [[]],
  )
}

function listOf(sweep: string): { readonly name: string; readonly values: readonly string[] } {
  const at = sweep.indexOf('=')
  const name = sweep.slice(0, at).trim()
  if (at < 1 || name === '') throw wrong(`--sweep is '${sweep}', which is not NAME=LIST`, EXAMPLE)
  const values = sweep
    .slice(at + 1)
    .split(',')
    .flatMap((part) => valuesIn(part.trim(), name))
  return { name, values: [...new Set(values)] }
}

const EXAMPLE = 'Write --sweep pause-us=10,100,1000, or --sweep vcpus=1..63.'

function valuesIn(part: string, name: string): string[] {
  const range = /^(\d+)\.\.(\d+)$/.exec(part)
  if (range === null) {
    if (part === '') throw wrong(`--sweep ${name} has an empty value`, EXAMPLE)
    return [part]
  }
  const [low, high] = [Number(range[1]), Number(range[2])]
  if (high < low) throw wrong(`--sweep ${name} is ${part}, whose end is below its start`, EXAMPLE)
  checkPoints(new Array(Math.min(high - low + 1, 1e6)))
  return Array.from({ length: high - low + 1 }, (_, step) => String(low + step))
}

/** The flags of one point. */
export function argsAt(args: BenchArgs, point: Point): BenchArgs {
  const isFlag = (name: string): name is Swept => (FLAGS as readonly string[]).includes(name)
  const set = point.filter(([name]) => !isFlag(name))
  for (const [name] of point) {
    const isGiven = isFlag(name)
      ? args[name] !== undefined
      : (args.set ?? []).some((setting) => setting.startsWith(`${name}=`))
    if (isGiven) throw wrong(`${name} is both swept and given`, `Leave one of them out.`)
  }
  return {
    ...args,
    ...Object.fromEntries(point.filter(([name]) => isFlag(name))),
    set: [...(args.set ?? []), ...set.map(([name, value]) => `${name}=${value}`)],
  }
}

const wrong = (message: string, hint: string) => new FaultlineError('BAD_SWEEP', 'usage', message, { hint })
