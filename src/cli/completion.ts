import type { Argv } from 'yargs'
import type { Command, NamedCommand } from './command.ts'
import { type Flag, flagsOf } from './flag-table.ts'
import { EXIT } from './io.ts'

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
    const commands = all.map(async (command) => ({ ...command, flags: await flagsOf(command) }))
    io.out(SCRIPTS[shell](await Promise.all(commands)))
    return EXIT.fine
  }

/** A command with its flags. */
type Whole = Pick<NamedCommand, 'name' | 'summary'> & { readonly flags: readonly Flag[] }

const SCRIPTS: Readonly<Record<Shell, (commands: readonly Whole[]) => string>> = { bash, zsh, fish }

const words = (flags: readonly Flag[]) => flags.map(({ name }) => `--${name}`).join(' ')

/** A word of the line that is being typed, as bash hands it over. */
const wordAt = (place: string) => `"$\{COMP_WORDS[${place}]}"`

function bash(commands: readonly Whole[]): string {
  const cases = commands.map(({ name, flags }) => `    ${name}) flags='${words(flags)}' ;;`)
  return [
    '_faultline() {',
    // The shell's own variables: the word under the cursor, and the words before it.
    `  local word=${wordAt('COMP_CWORD')} flags=`,
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')}' -- "$word"))`,
    '    return',
    '  fi',
    `  case ${wordAt('1')} in`,
    ...cases,
    '  esac',
    '  case "$word" in',
    '    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;',
    '    *) COMPREPLY=($(compgen -f -- "$word")) ;;',
    '  esac',
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
    return `    ${command.name}) _arguments ${specs.join(' ')} '*:file:_files' ;;`
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
    return [name, ...flags]
  })
  return lines.join('\n')
}
