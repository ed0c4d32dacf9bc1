import type { Result, Run } from '../../bench/result.ts'
import { SCENARIOS } from '../../bench/scenarios/all.ts'

/** One file of an export; some formats need several. */
export type Exported = { readonly name: string; readonly text: string }

/** Turns a result into what another program reads. */
export type Exporter = {
  /** What it is called on the command line. */
  readonly name: string
  readonly says: string
  readonly extension: string
  /** What has to be asked of `bench` for this format, if that does not go without saying. */
  readonly needs?: string
  /** No file at all if the result holds nothing that the format could carry. */
  readonly files: (result: Result) => Exported[]
}

type Named = Pick<Run, 'scenario' | 'variant' | 'params' | 'revision'>

/** What each run is called outside: its crew, and every parameter that does not stand at its default. */
export function telling({ scenario, variant, params, revision }: Named): Readonly<Record<string, string | number>> {
  const known = SCENARIOS.find(({ name }) => name === scenario)
  const entries = Object.entries(params).filter(([name, value]) => {
    if (CREW.includes(name)) return value !== 0
    return value !== (PLAIN[name] ?? known?.parameters[name]?.default) && !UNSAID.includes(name)
  })
  return {
    scenario,
    variant,
    ...(revision === undefined ? {} : { revision: revision.name }),
    ...Object.fromEntries(entries),
  }
}

const CREW = ['workers', 'vcpus', 'notifiers', 'zappers']
const UNSAID = ['duration', 'warmup']
const PLAIN: Readonly<Record<string, string | number>> = { arrival: 'closed', oracles: 'on' }

/** `altra-64 (modelled)`: which machine a figure is of never goes without saying. */
export const machineOf = ({ machine, kind }: Run): string => `${machine} (${kind})`

/** `precheck-no-precheck-vcpus=1-threads`: a run as part of a file's name, or of a tag. */
export function fileName({ scenario, variant, ...others }: ReturnType<typeof telling>, ...more: string[]): string {
  const set = Object.entries(others).map(([name, value]) => `${name}=${value}`)
  return [scenario, variant, ...set, ...more].map((part) => String(part).replaceAll(/[^\w.=-]+/g, '_')).join('-')
}

export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
