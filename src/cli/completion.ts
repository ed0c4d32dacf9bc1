import type { Argv } from 'yargs'
import type { Command, NamedCommand } from './command.ts'
import { bash } from './completion/bash.ts'
import { fish } from './completion/fish.ts'
import type { Offered, Variants } from './completion/offered.ts'
import { zsh } from './completion/zsh.ts'
import { flagsOf } from './flag-table.ts'
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
    const listing = readListing()
    const values = valuesIn(listing)
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
    io.out(SCRIPTS[shell]({ commands: [...(await Promise.all(commands)), help], variants: variantsIn(listing) }))
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

/** Completions of the first argument of a command, if it is not a file. */
const FIRST: Readonly<Record<string, (values: Values) => readonly string[]>> = {
  list: ({ scenario = [], machine = [], kernel = [] }) => [...KINDS, ...scenario, ...machine, ...kernel],
  check: ({ scenario = [] }) => ['lock', ...scenario],
  new: () => ['patch'],
  completion: () => SHELLS,
}

const variantsIn = ({ scenarios }: Listing): Variants =>
  Object.fromEntries(scenarios.map(({ name, variants }) => [name, variants.map((variant) => variant.name)]))

const SCRIPTS: Readonly<Record<Shell, (offered: Offered) => string>> = { bash, zsh, fish }
