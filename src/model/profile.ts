import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ProfileError } from '../errors/faultline-error.ts'
import { notJson, withoutMark } from '../errors/file-content.ts'
import { nearest, nearestText } from '../errors/nearest.ts'
import { kindOf, OPTIONAL, PARAMETERS } from './parameters.ts'

/** M measured, P published, D derived, E estimated, R recalled; F: fitted by `faultline validate`. */
const CLASSES = ['M', 'P', 'D', 'E', 'R', 'F'] as const

/** One parameter of a machine: what it is, how sure that is, and where it comes from. */
export type ProfileParameter = {
  readonly value: number
  readonly unit: string
  readonly low: number
  readonly high: number
  readonly class: (typeof CLASSES)[number]
  readonly source: string
}

/** A machine for the model, as a file. */
export type Profile = {
  readonly schema: 'faultline.profile'
  readonly version: 1
  readonly name: string
  readonly cpu: string
  /** Another profile, by its name or by a path from this one, of which this one is a change. */
  readonly inherit?: string
  readonly parameters: Readonly<Record<string, ProfileParameter>>
}

const FOLDER = fileURLToPath(new URL('./profiles', import.meta.url))

/** Names of the machines that come with the program. */
export const profileNames = (): string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort()

/** Whether a machine is given as a file. */
const isProfileFile = (name: string): boolean => name.endsWith('.json') || name.includes('/')

/** The machine of that name, or in that file, with all that it inherits. */
export const loadProfile = (name: string): Profile => whole(readWithParents(name, FOLDER, []))

/** A machine that a file carries: all of it, since nothing else is read. */
export const carriedProfile = (value: unknown, name: string): Profile => whole(checkProfile(value, name))

function whole(profile: Profile): Profile {
  for (const missing of Object.keys(PARAMETERS).filter((parameter) => profile.parameters[parameter] === undefined)) {
    throw new ProfileError(
      `profile ${profile.name} does not say ${missing}: ${PARAMETERS[missing]!.says}`,
      'Add it, or inherit it: "inherit": "epyc-milan-2s".',
    )
  }
  return profile
}

function readWithParents(name: string, folder: string, children: readonly string[]): Profile {
  const path = isProfileFile(name) ? join(children.length === 0 ? '' : folder, name) : join(FOLDER, `${name}.json`)
  if (children.includes(path)) {
    throw new ProfileError(`profile ${name} inherits itself`, 'Let one of the profiles stand alone.')
  }
  const own = readProfile(name, path)
  if (own.inherit === undefined) return own
  const parent = readWithParents(own.inherit, dirname(path), [...children, path])
  return { ...own, parameters: { ...parent.parameters, ...own.parameters } }
}

function readProfile(name: string, path: string): Profile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if (isProfileFile(name)) throw new ProfileError(`${name} cannot be read`, 'Give the path of a profile.', { cause })
    throw new ProfileError(
      `there is no machine '${name}'`,
      `${nearestText(name, ['threads', ...profileNames(), 'host'])} A file is a machine too: -m ./my-machine.json.`,
    )
  }
  try {
    return checkProfile(JSON.parse(withoutMark(text)), name)
  } catch (cause) {
    if (cause instanceof ProfileError) throw cause
    throw new ProfileError(`${name} ${notJson(text, cause)}`, 'Correct it there.', { cause })
  }
}

/** Says of a profile what is wrong with it, if anything is. */
export function checkProfile(value: unknown, name: string): Profile {
  const profile = value as Partial<Profile> | null
  const wrong = (what: string, hint = 'See docs/model.md for what a profile says.') =>
    new ProfileError(`profile ${name}: ${what}`, hint)
  if (typeof profile !== 'object' || profile === null || profile.schema !== 'faultline.profile') {
    throw wrong('"schema" is not "faultline.profile"')
  }
  if (profile.version !== 1)
    throw wrong(`version ${shown(profile.version)} is not 1, the only one that this program reads`)
  for (const field of ['name', 'cpu'] as const) {
    if (typeof profile[field] !== 'string') throw wrong(`"${field}" is not a text`)
  }
  if (profile.inherit !== undefined && typeof profile.inherit !== 'string') throw wrong('"inherit" is not a text')
  if (typeof profile.parameters !== 'object' || profile.parameters === null) throw wrong('"parameters" is missing')
  for (const [key, parameter] of Object.entries(profile.parameters)) {
    const fault = faultOf(key, parameter)
    if (fault !== undefined) throw wrong(`${key} ${fault}`, hintOf(key))
  }
  return profile as Profile
}

/** What a file says may be anything, and not all of that is a text. */
const shown = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value))

function faultOf(name: string, parameter: Partial<ProfileParameter> | null): string | undefined {
  const kind = kindOf(name)
  if (kind === undefined) return 'is no parameter of a machine'
  if (typeof parameter !== 'object' || parameter === null) return 'is not an object'
  const { value, low, high, unit, source } = parameter
  for (const [field, number] of Object.entries({ value, low, high })) {
    if (typeof number !== 'number' || !Number.isFinite(number)) return `has no ${field} that is a number`
  }
  if (unit !== kind.unit) return `is in ${shown(unit)}, not in ${kind.unit}`
  if (value! < kind.least) return `is ${value}, less than ${kind.least}`
  const largest = Math.max(value!, high!)
  if (largest > kind.most) return `is ${largest}, more than ${kind.most}`
  if (kind.isWhole && !Number.isInteger(value)) return `is ${value}, which is not a whole number`
  if (low! > value! || value! > high!) return `is ${value}, outside of its own range of ${low} to ${high}`
  if (!CLASSES.includes(parameter.class!))
    return `has class ${shown(parameter.class)}, which is not one of ${CLASSES.join(' ')}`
  return typeof source === 'string' && source !== '' ? undefined : 'has no source'
}

function hintOf(name: string): string {
  if (kindOf(name) !== undefined) return 'A parameter is { value, unit, low, high, class, source }.'
  const known = [...Object.keys(PARAMETERS), ...Object.keys(OPTIONAL)]
  const near = nearest(name, known)[0] ?? known.find((one) => one.startsWith(name.slice(0, 4)))
  return `${near === undefined ? '' : `Did you mean ${near}? `}\`faultline list altra-64\` prints the parameters.`
}

/** The same machine with some values replaced; their ranges shrink to them. */
export function withValues(profile: Profile, values: Readonly<Record<string, number>>, source: string): Profile {
  const changed = Object.entries(values).map(([name, value]): [string, ProfileParameter] => {
    const kind = kindOf(name)
    if (kind === undefined) throw new ProfileError(`there is no machine parameter '${name}'`, hintOf(name))
    const parameter = { value, unit: kind.unit, low: value, high: value, class: 'E' as const, source }
    const fault = faultOf(name, parameter)
    if (fault !== undefined) {
      throw new ProfileError(
        `machine.${name} ${fault}`,
        'The values of each machine: `faultline list machines`, and `faultline list NAME`.',
      )
    }
    return [name, parameter]
  })
  return { ...profile, parameters: { ...profile.parameters, ...Object.fromEntries(changed) } }
}

/** All that a machine is: its parameters, and the default of each that it leaves out. */
export const machineOf = ({ parameters }: Profile): Record<string, number> => ({
  ...Object.fromEntries(Object.entries(OPTIONAL).map(([name, { ns }]) => [name, ns])),
  ...Object.fromEntries(Object.entries(parameters).map(([name, { value }]) => [name, value])),
})

/** Hash of what a machine is, whatever its sources say: two results of the same hash are of the same machine. */
export function profileHash({ parameters }: Profile): string {
  const values = Object.entries(parameters).map(([name, { value }]) => [name, value] as const)
  const text = JSON.stringify(values.sort(([a], [b]) => (a < b ? -1 : 1)))
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
