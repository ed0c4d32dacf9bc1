import type { Flag } from '../flag-table.ts'
import { allOf, isVariant, type Offered, quoted, type Variants, type Whole } from './offered.ts'

export const fish = ({ commands, variants }: Offered): string =>
  [...LISTS, ...variantsOfLine(variants), ...commands.flatMap(completionsOf)].join('\n')

function completionsOf({ name, summary, flags, first }: Whole): string[] {
  const within = `complete -c faultline -n '__fish_seen_subcommand_from ${name}'`
  return [
    `complete -c faultline -n __fish_use_subcommand -f -a ${name} -d '${quoted(summary)}'`,
    ...(first.length === 0 ? [] : [`${within} -a '${first.join(' ')}'`]),
    ...flags.map((flag) => {
      const short = flag.aliases.map((alias) => ` -s ${alias}`).join('')
      return `${within} -l ${flag.name}${short}${actionOf(flag)} -d '${quoted(flag.says)}'`
    }),
  ]
}

function actionOf(flag: Flag): string {
  if (flag.isSwitch) return ''
  if (isVariant(flag)) return " -r -a '(__faultline_list (__faultline_variants))'"
  return flag.choices.length === 0 ? ' -r' : ` -r -f -a '(__faultline_list ${flag.choices.join(' ')})'`
}

/** Completions for comma-separated lists: the part already typed is kept before each value. */
const LISTS = [
  'function __faultline_list',
  "  set -l before (string match -r '^.*,' -- (string replace -r '^--[a-z-]+=' '' -- (commandline -ct)))",
  '  test -n "$before"; or set before \'\'',
  "  printf '%s\\n' $before$argv",
  'end',
]

/** The variants of the scenario that the line names, else all. */
const variantsOfLine = (variants: Variants): string[] => [
  'function __faultline_variants',
  '  for each in (commandline -opc)',
  '    switch $each',
  ...Object.entries(variants).flatMap(([scenario, names]) => [
    `      case ${scenario} '*=${scenario}'`,
    `        printf '%s\\n' ${names.join(' ')}`,
    '        return',
  ]),
  '    end',
  '  end',
  `  printf '%s\\n' ${allOf(variants).join(' ')}`,
  'end',
]
