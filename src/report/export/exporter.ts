import { type Decoded, decodeV2 } from '../../bench/hdr.ts'
import type { Result, Run } from '../../bench/result.ts'
import { SCENARIOS } from '../../bench/scenarios/all.ts'
import { visible } from '../../bench/visible.ts'
import { FaultlineError } from '../../errors/faultline-error.ts'

/** One file of an export; some formats need several. */
export type Exported = { readonly name: string; readonly text: string }

/** Turns a result into what another program reads. */
export type Exporter = {
  /** Its name on the command line. */
  readonly name: string
  readonly says: string
  readonly extension: string
  /** The flags of `bench` that this format needs, if any. */
  readonly needs?: string
  /** No file at all if the result holds nothing that the format could carry. */
  readonly files: (result: Result) => Exported[]
}

type Named = Pick<Run, 'scenario' | 'variant' | 'params' | 'revision'>

/** The label of each run: its workers, and every parameter that differs from its default. */
export function labelsOf({ scenario, variant, params, revision }: Named): Readonly<Record<string, string | number>> {
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

/** `altra-64 (modelled)`: a figure always names its machine. */
export const machineOf = ({ machine, kind }: Run): string => `${machine} (${kind})`

/** The longest name that file systems accept, with room for a suffix and the extension. */
const LONGEST_FILE_NAME = 200

/** `precheck-no-precheck-vcpus=1-threads`: a run as part of a file's name, or of a tag. */
export function fileName({ scenario, variant, ...others }: ReturnType<typeof labelsOf>, ...more: string[]): string {
  const set = Object.entries(others).map(([name, value]) => `${name}=${value}`)
  const parts = [scenario, variant, ...set, ...more].map((part) => String(part).replaceAll(/[^\w.=-]+/g, '_'))
  return parts.join('-').replace(/^\.+/, '_').slice(0, LONGEST_FILE_NAME)
}

/** Decodes the histogram of a run, or says why it cannot be read. */
export function decodedOf({ scenario, variant }: Run, name: string, hdr: string): Decoded {
  try {
    return decodeV2(hdr)
  } catch (cause) {
    const what = `the histogram ${visible(name)} of ${visible(scenario)} ${visible(variant)}`
    throw new FaultlineError('DAMAGED_HISTOGRAM', 'usage', `${what} is damaged: ${(cause as Error).message}`, {
      hint: '`faultline verify FILE` shows what else is wrong with it.',
      cause,
    })
  }
}

/** The encoded histogram, after it has been validated. */
export function hdrOf(run: Run, name: string, hdr: string): string {
  decodedOf(run, name, hdr)
  return hdr
}

export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
