/** Who takes each step of an execution, as text that can be pasted: `1:4f09ab12:01:0001110002`. */
export type Schedule = {
  /** Of the protocol and of the check: see definition.ts. */
  readonly definition: string
  /** How often a loop that retries was let round. */
  readonly patience: number
  readonly actors: readonly number[]
}

export const VERSION = 1
const FOR_EVER = 0xff

export function scheduleText({ definition, patience, actors }: Schedule): string {
  const bounded = patience >= FOR_EVER ? FOR_EVER : patience
  const steps = actors.map((actor) => actor.toString(16)).join('')
  return `${VERSION}:${definition}:${bounded.toString(16).padStart(2, '0')}:${steps}`
}

/** Why a text is no schedule, in a sentence; or the schedule. */
export function parseSchedule(text: string): Schedule | string {
  const version = /^(\d+):/.exec(text)?.[1]
  if (version === undefined) return `'${text.slice(0, 40)}' is not a schedule: it has no version in front`
  if (Number(version) !== VERSION)
    return `the schedule has version ${version}, and this program reads version ${VERSION}`
  const match = /^\d+:([0-9a-f]{8}):([0-9a-f]{2}):([0-9a-f]+)$/.exec(text)
  if (match === null) return 'the schedule is damaged: it is not version:definition:patience:steps'
  const [, definition, patience, steps] = match as unknown as [string, string, string, string]
  const bounded = Number.parseInt(patience, 16)
  return {
    definition,
    patience: bounded === FOR_EVER ? 1 << 28 : bounded,
    actors: [...steps].map((step) => Number.parseInt(step, 16)),
  }
}
