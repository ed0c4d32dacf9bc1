import { nearest } from '../errors/nearest.ts'

/** A message of the parser as one sentence: yargs names a misspelt flag twice, and spreads a choice over three lines. */
export function parserSentence(message: string): string {
  const [, unknown] = /^Unknown arguments?: (.*)$/.exec(message) ?? []
  if (unknown !== undefined) {
    const names = unknown.split(', ')
    const own = names.filter((name) => !names.some((other) => other !== name && isCamelOf(name, other)))
    return `Unknown argument${own.length === 1 ? '' : 's'}: ${own.join(', ')}`
  }
  const [, flag, given, choices] =
    /^Invalid values:\s+Argument: ([\w-]+), Given: "(.*)", Choices: (".*")$/s.exec(message) ?? []
  return flag === undefined ? message : `${flag} is '${given}', which is not one of ${choices!.replaceAll('"', '')}`
}

const isCamelOf = (name: string, kebab: string) =>
  kebab.includes('-') && kebab.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()) === name

/** The flag or choice that a sentence of the parser most likely means. */
export function nearestMeant(sentence: string, flags: readonly string[]): string | undefined {
  const [, unknown] = /^Unknown arguments?: ([\w-]+)/.exec(sentence) ?? []
  if (unknown !== undefined) {
    const dashed = flags.map((name) => `--${name}`)
    return nearest(`--${unknown}`, dashed)[0]
  }
  const [, given, choices] = /^[\w-]+ is '(.*)', which is not one of (.*)$/.exec(sentence) ?? []
  return given === undefined ? undefined : nearest(given, choices!.split(', '))[0]
}
