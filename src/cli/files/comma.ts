import { existsSync } from 'node:fs'
import { FaultlineError } from '../../errors/faultline-error.ts'
import { shellWord } from '../../errors/shell-word.ts'

/** Refuses a list in which a file is named whose name contains a comma: the list would be cut there. */
export function refuseCommaInFile(flag: string, list: string | undefined): void {
  const parts = list?.split(',') ?? []
  for (const first of parts.keys()) {
    for (let end = first + 2; end <= parts.length; end += 1) {
      const name = parts.slice(first, end).join(',').trim()
      if (existsSync(name)) throw commaIn(name, `--${flag} is a list, and ${name} has a comma in its name`)
    }
  }
}

/** Refuses to write a file that no list could name. */
export function refuseCommaInName(file: string): void {
  if (file.includes(','))
    throw commaIn(file, `${file} has a comma in its name, so the list of --variant could not name it`)
}

const commaIn = (name: string, message: string) =>
  new FaultlineError('COMMA_IN_NAME', 'usage', message, {
    hint: `Give it a name without one: ${shellWord(name.replaceAll(',', '-'))}.`,
  })
