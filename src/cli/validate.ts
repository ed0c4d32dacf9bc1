import type { Argv } from 'yargs'
import { validateOnHost } from '../bench/host-validation.ts'
import { type Validated, validate as validateAll } from '../bench/validation.ts'
import { loadProfile } from '../model/profile.ts'
import { hostValidationText } from '../report/host-validation-text.ts'
import { columns, compact, share } from '../report/numbers.ts'
import { calibrateHost } from './calibrate.ts'
import type { Command } from './command.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'
import { HOST_PROFILE } from './machines.ts'
import { checkWritable, saveAtomically } from './save.ts'

type Args = { readonly json: boolean; readonly host: boolean }

export const validate: Command<Args> = {
  name: 'validate',
  usage: 'validate',
  summary: 'Hold the modelled machines against the published figures that they were fitted on, or against this host.',
  flags: (yargs) =>
    yargs.option('json', { type: 'boolean', default: false, describe: 'as JSON' }).option('host', {
      type: 'boolean',
      default: false,
      describe: 'calibrate this host, and hold its model against its threads',
    }) as unknown as Argv<Args>,

  async run({ json, host }, io) {
    if (host) return await onHost(json, io)
    const all = await validateAll(() => {}, io.signal)
    io.out(json ? JSON.stringify(all, null, 1) : table(all))
    return all.every(({ isWithin }) => isWithin) ? EXIT.fine : EXIT.regression
  },
}

/** Says how far the two machines agree; that they do not is a finding, and no failure. */
async function onHost(json: boolean, io: Io): Promise<ExitCode> {
  checkWritable(HOST_PROFILE)
  const { profile } = await calibrateHost(io)
  saveAtomically(HOST_PROFILE, profile)
  const found = await validateOnHost(loadProfile(`./${HOST_PROFILE}`), io.runtime, io.signal)
  if (io.signal.aborted) return EXIT.interrupted
  io.out(json ? JSON.stringify(found, null, 1) : hostValidationText(found))
  return EXIT.fine
}

function table(all: readonly Validated[]): string {
  const header = ['', 'published', 'modelled', 'error', 'allowed', '', 'machine', 'profile', 'source']
  const rows = all.map(({ target, modelled, error, isWithin, profileHash }) => [
    `${target.id} ${target.says}`,
    figure(target.published, target.unit),
    figure(modelled, target.unit),
    `${error >= 0 ? '+' : '-'}${share(Math.abs(error))}`,
    share(target.tolerance),
    isWithin ? 'ok' : 'OUTSIDE',
    target.machine,
    profileHash,
    target.source,
  ])
  const within = all.filter(({ isWithin }) => isWithin).length
  return `${columns([header, ...rows])}\n\n${within} of ${all.length} figures within their tolerance; profiles as they are, nothing tuned in between.`
}

const figure = (value: number, unit: string) =>
  unit === 's' ? `${compact(value * 1000)} ms` : `${compact(value)} ${unit}`
