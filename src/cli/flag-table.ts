import type { NamedCommand } from './command.ts'
import { newParser } from './parsing.ts'

/** A flag of a command, as the command declares it. */
export type Flag = {
  readonly name: string
  readonly aliases: readonly string[]
  readonly isSwitch: boolean
  readonly isList: boolean
  readonly choices: readonly string[]
  readonly says: string
}

/** The parser's record of a command's declarations; its types do not include it. */
type Declared = {
  readonly key: Readonly<Record<string, unknown>>
  readonly alias: Readonly<Record<string, readonly string[]>>
  readonly boolean: readonly string[]
  readonly array: readonly string[]
  readonly hiddenOptions: readonly string[]
  readonly choices: Readonly<Record<string, readonly unknown[]>>
}

const KEBAB = /^[a-z][a-z-]*$/
const CONFIG: Flag = {
  name: 'config',
  aliases: [],
  isSwitch: false,
  isList: false,
  choices: [],
  says: 'flags from a JSON file',
}
const HELP: Flag = {
  name: 'help',
  aliases: ['h'],
  isSwitch: true,
  isList: false,
  choices: [],
  says: 'show the flags of the command',
}

/** The flags of a command, those of the program among them: the one table that help, completion and the environment are made of. */
export async function flagsOf({ usage, flags }: Pick<NamedCommand, 'usage' | 'flags'>): Promise<Flag[]> {
  const declared = (await flags())(newParser([])) as unknown as {
    readonly getOptions: () => Declared
    readonly getInternalMethods: () => {
      readonly getUsageInstance: () => { readonly getDescriptions: () => Readonly<Record<string, string>> }
    }
  }
  const { key, alias, boolean, array, choices, hiddenOptions } = declared.getOptions()
  const says = declared.getInternalMethods().getUsageInstance().getDescriptions()
  const positionals = [...usage.matchAll(/[<[]([\w-]+)/g)].map(([, name]) => name)
  const own = Object.keys(key)
    .filter((name) => KEBAB.test(name) && name.length > 1 && !positionals.includes(name))
    .filter((name) => !['help', 'version', ...hiddenOptions].includes(name))
    .map(
      (name): Flag => ({
        name,
        aliases: (alias[name] ?? []).filter((other) => other.length === 1),
        isSwitch: boolean.includes(name),
        isList: array.includes(name),
        choices: (choices[name] ?? []).map(String),
        says: (says[name] ?? '').replace('__yargsString__:', ''),
      }),
    )
  return [...own, CONFIG, HELP]
}
