import { readFileSync } from 'node:fs'
import { FaultlineError } from '../errors/faultline-error.ts'
import { notJson, withoutMark } from '../errors/file-content.ts'
import { nearest } from '../errors/nearest.ts'
import { reasonOf } from './files/trouble.ts'
import type { Flag } from './flag-table.ts'
import { STDIN } from './parsing.ts'

/** Flags that a file gives, by their names. */
type Given = Readonly<Record<string, string | boolean | readonly string[]>>

/** Whose flags a file may give. */
type Taking = { readonly name: string; readonly flags: readonly Flag[] }

/** The flags in a file, as if they had been typed after this command. */
export function readConfig(file: string, taking: Taking): Given {
  if (file === STDIN || file === '-') {
    throw refused('--config is read from a file, not from standard input', 'Write the flags to a file.')
  }
  const text = withoutMark(contentOf(file))
  const value = parsed(text, file)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refused(`${file} holds no flags`, EXAMPLE)
  }
  const given = new Map<string, Given[string]>()
  for (const { name, line } of namesIn(text)) {
    const place = `${file}, line ${line}`
    const flag = flagNamed(name, taking, place)
    if (given.has(flag.name)) throw refused(`${place}: ${flag.name} is given twice`, 'Leave one of them out.')
    given.set(flag.name, givenBy(flag, (value as Readonly<Record<string, unknown>>)[name], `${place}: "${name}"`))
  }
  return Object.fromEntries(given)
}

const EXAMPLE = 'Write { "trials": 5 }.'

const refused = (message: string, hint: string) => new FaultlineError('BAD_CONFIG', 'usage', message, { hint })

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw refused(`${file} cannot be read: ${reasonOf(cause)}`, 'Name a JSON file: --config FILE.')
  }
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw refused(`${file} ${notJson(text, cause)}`, EXAMPLE)
  }
}

/** Strings of a JSON text; what a colon follows is a name. */
const STRINGS = /("(?:[^"\\]|\\.)*")(\s*:)?/g

/** Each name of an object, with the line on which it stands. A value that is an object itself is refused, so all names are of one. */
const namesIn = (text: string) =>
  [...text.matchAll(STRINGS)].flatMap(({ 1: written, 2: colon, index }) =>
    colon === undefined
      ? []
      : [{ name: JSON.parse(written!) as string, line: text.slice(0, index).split('\n').length }],
  )

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

function flagNamed(name: string, { name: command, flags }: Taking, place: string): Flag {
  const known = flags.filter((flag) => flag.name !== 'help' && flag.name !== 'config')
  const flag = known.find((one) => one.name === name || one.name === kebab(name) || one.aliases.includes(name))
  if (flag !== undefined) return flag
  const [near] = nearest(
    name,
    known.map((one) => one.name),
  )
  throw refused(
    `${place}: ${command} has no flag '${name}'`,
    `${near === undefined ? '' : `Did you mean ${near}? `}\`faultline ${command} --help\` names its flags.`,
  )
}

const ON: readonly unknown[] = [true, 'true', 1, '1']
const OFF: readonly unknown[] = [false, 'false', 0, '0']

function givenBy({ name, isSwitch, isList }: Flag, value: unknown, place: string): Given[string] {
  if (isSwitch) {
    if (ON.includes(value)) return true
    if (OFF.includes(value)) return false
    throw refused(`${place} is ${JSON.stringify(value)}, which is neither true nor false`, `Write "${name}": true.`)
  }
  if (isWord(value)) return isList ? [String(value)] : String(value)
  if (Array.isArray(value) && value.length > 0 && value.every(isWord)) {
    return isList ? value.map(String) : value.join(',')
  }
  throw refused(
    `${place} is ${JSON.stringify(value)}, which is neither a text nor a number, nor a list of them`,
    isList ? `Write "${name}": ["range=512"].` : `Write "${name}": "VALUE".`,
  )
}

const isWord = (given: unknown): given is string | number => typeof given === 'string' || typeof given === 'number'
