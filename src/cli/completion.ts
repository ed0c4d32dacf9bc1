import type { Argv } from 'yargs'
import type { Command, NamedCommand } from './command.ts'
import { type Flag, flagsOf } from './flag-table.ts'
import { EXIT } from './io.ts'
import { KINDS } from './list-flags.ts'
import type { Listing } from './listing.ts'
import { readListing } from './stored-listing.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]
type Args = { readonly shell: Shell }

export const completionFlags = (yargs: Argv): Argv<Args> =>
  yargs
    .positional('shell', { choices: SHELLS, demandOption: true, describe: 'the shell to complete for' })
    .epilogue(
      'bash: faultline completion bash > ~/.local/share/bash-completion/completions/faultline\n' +
        'zsh: faultline completion zsh > "$fpath[1]/_faultline"\n' +
        'fish: faultline completion fish > ~/.config/fish/completions/faultline.fish',
    ) as unknown as Argv<Args>

/** The command that prints the completion of these. */
export const completionOf =
  (all: readonly NamedCommand[]): Command<Args> =>
  async ({ shell }, io) => {
    const values = valuesIn(readListing())
    const commands = all.map(async (command) => {
      const flags = (await flagsOf(command)).map((flag) => ({ ...flag, choices: values[flag.name] ?? flag.choices }))
      return { ...command, flags, first: FIRST[command.name]?.(values) ?? [] }
    })
    const help = {
      name: 'help',
      summary: 'Show the flags of a command.',
      flags: [],
      first: all.map(({ name }) => name),
    }
    io.out(SCRIPTS[shell]([...(await Promise.all(commands)), help]))
    return EXIT.fine
  }

type Values = Readonly<Record<string, readonly string[]>>

/** Values of flags that may also be lists, and so are not choices to the parser. */
const valuesIn = ({ scenarios, machines, kernels }: Listing): Values => ({
  scenario: scenarios.map(({ name }) => name),
  machine: machines.map(({ name }) => name),
  kernel: kernels.map(({ name }) => name),
  words: ['atomics', 'wasm'],
})

/** What may stand first after a command, if it is not a file. */
const FIRST: Readonly<Record<string, (values: Values) => readonly string[]>> = {
  list: ({ scenario = [], machine = [] }) => [...KINDS, ...scenario, ...machine],
  check: ({ scenario = [] }) => ['lock', ...scenario],
  new: () => ['patch'],
  completion: () => SHELLS,
}

/** A command with its flags, and what may stand first after it. */
type Whole = Pick<NamedCommand, 'name' | 'summary'> & {
  readonly flags: readonly Flag[]
  readonly first: readonly string[]
}

const SCRIPTS: Readonly<Record<Shell, (commands: readonly Whole[]) => string>> = { bash, zsh, fish }

const words = (flags: readonly Flag[]) => flags.map(({ name }) => `--${name}`).join(' ')

/** A word of the line that is being typed, as bash hands it over. */
const wordAt = (place: string) => `"$\{COMP_WORDS[${place}]}"`

function bash(commands: readonly Whole[]): string {
  const cases = commands.map(({ name, flags, first }) => {
    const own = first.length === 0 ? '' : ` first='${first.join(' ')}'`
    return `    ${name}) flags='${words(flags)}'${own} ;;`
  })
  const values = commands.flatMap(({ name, flags }) =>
    flags
      .filter(({ choices }) => choices.length > 0)
      .map(({ name: flag, aliases, choices }) => {
        const patterns = [`--${flag}`, ...aliases.map((alias) => `-${alias}`)].map((each) => `'${name} ${each}'`)
        return `    ${patterns.join('|')}) COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$word")); return ;;`
      }),
  )
  return [
    '_faultline() {',
    // The shell's own variables: the word under the cursor, and the words before it.
    `  local word=${wordAt('COMP_CWORD')} flags= first=`,
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')}' -- "$word"))`,
    '    return',
    '  fi',
    `  case ${wordAt('1')} in`,
    ...cases,
    '  esac',
    `  case "$\{COMP_WORDS[1]} $\{COMP_WORDS[COMP_CWORD-1]}" in`,
    ...values,
    '  esac',
    '  case "$word" in',
    '    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")); return ;;',
    '  esac',
    '  COMPREPLY=()',
    '  if [ "$COMP_CWORD" -eq 2 ]; then COMPREPLY=($(compgen -W "$first" -- "$word")); fi',
    '  if [ -z "$COMPREPLY" ]; then COMPREPLY=($(compgen -f -- "$word")); fi',
    '}',
    'complete -F _faultline faultline',
  ].join('\n')
}

/** In single quotes of a shell. */
const quoted = (text: string) => text.replaceAll("'", "'\\''")
/** In the brackets of a description of zsh. */
const described = (text: string) => quoted(text.replaceAll(/[[\]:\\]/g, (character) => `\\${character}`))

function zsh(commands: readonly Whole[]): string {
  const names = commands.map(({ name, summary }) => `    '${name}:${described(summary)}'`)
  const cases = commands.map((command) => {
    const specs = command.flags.map(({ name, isSwitch, says, choices }) => {
      const value = isSwitch ? '' : `:${name}:${choices.length > 0 ? `(${choices.join(' ')})` : '_files'}`
      return `'--${name}[${described(says)}]${value}'`
    })
    const first = command.first.length === 0 ? '' : `'2:what:(${command.first.join(' ')})' `
    return `    ${command.name}) _arguments ${specs.join(' ')} ${first}'*:file:_files' ;;`
  })
  return [
    '#compdef faultline',
    '_faultline() {',
    '  local -a commands',
    '  commands=(',
    ...names,
    '  )',
    '  if (( CURRENT == 2 )); then',
    "    _describe 'command' commands",
    '    return',
    '  fi',
    '  case "$words[2]" in',
    ...cases,
    '  esac',
    '}',
    'compdef _faultline faultline',
  ].join('\n')
}

function fish(commands: readonly Whole[]): string {
  const lines = commands.flatMap((command) => {
    const name = `complete -c faultline -n __fish_use_subcommand -f -a ${command.name} -d '${quoted(command.summary)}'`
    const flags = command.flags.map(({ name: flag, aliases, isSwitch, choices, says }) => {
      const short = aliases.map((alias) => ` -s ${alias}`).join('')
      const value = isSwitch ? '' : choices.length > 0 ? ` -x -a '${choices.join(' ')}'` : ' -r'
      return `complete -c faultline -n '__fish_seen_subcommand_from ${command.name}' -l ${flag}${short}${value} -d '${quoted(says)}'`
    })
    const first = `complete -c faultline -n '__fish_seen_subcommand_from ${command.name}' -a '${command.first.join(' ')}'`
    return [name, ...(command.first.length === 0 ? [] : [first]), ...flags]
  })
  return lines.join('\n')
}
