import type { Flag } from '../flag-table.ts'
import { allOf, isVariant, type Offered, type Variants, type Whole } from './offered.ts'

/** A word of the line that is being typed, as bash hands it over. */
const wordAt = (place: string) => `"$\{COMP_WORDS[${place}]}"`

export const bash = ({ commands, variants }: Offered): string =>
  [
    ...variantsOfLine(variants),
    '_faultline() {',
    `  local word=${wordAt('COMP_CWORD')} before=${wordAt('COMP_CWORD-1')} flags= first= values= done=`,
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    COMPREPLY=($(compgen -W '${commands.map(({ name }) => name).join(' ')}' -- "$word"))`,
    '    return',
    '  fi',
    '  # bash treats the = of --flag=value as a separate word.',
    '  if [ "$word" = = ]; then',
    '    word=',
    `  elif [ "$before" = = ]; then`,
    `    before=${wordAt('COMP_CWORD-2')}`,
    '  fi',
    `  case ${wordAt('1')} in`,
    ...commands.map(flagsCase),
    '  esac',
    `  case "$\{COMP_WORDS[1]} $before" in`,
    ...commands.flatMap(({ name, flags }) => flags.filter(hasValues).map((flag) => valuesCase(name, flag))),
    '  esac',
    '  if [ -n "$values" ]; then',
    '    # Of a list the last part is completed.',
    `    case "$word" in *,*) done="$\{word%,*}," ;; esac`,
    `    COMPREPLY=($(compgen -P "$done" -W "$values" -- "$\{word##*,}"))`,
    '    return',
    '  fi',
    '  case "$word" in',
    '    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")); return ;;',
    '  esac',
    '  COMPREPLY=()',
    '  if [ "$COMP_CWORD" -eq 2 ]; then COMPREPLY=($(compgen -W "$first" -- "$word")); fi',
    '}',
    '# If none of these matches, bash completes a file name.',
    'complete -o default -F _faultline faultline',
  ].join('\n')

const hasValues = (flag: Flag) => flag.choices.length > 0 || isVariant(flag)

function flagsCase({ name, flags, first }: Whole): string {
  const own = first.length === 0 ? '' : ` first='${first.join(' ')}'`
  return `    ${name}) flags='${flags.map((flag) => `--${flag.name}`).join(' ')}'${own} ;;`
}

function valuesCase(command: string, flag: Flag): string {
  const patterns = [`--${flag.name}`, ...flag.aliases.map((alias) => `-${alias}`)]
  const values = isVariant(flag) ? `$(_faultline_variants "$\{COMP_WORDS[@]}")` : `'${flag.choices.join(' ')}'`
  return `    ${patterns.map((each) => `'${command} ${each}'`).join('|')}) values=${values} ;;`
}

/** The variants of the scenario that the line names, else all. */
const variantsOfLine = (variants: Variants): string[] => [
  '_faultline_variants() {',
  '  local each',
  '  for each in "$@"; do',
  '    case "$each" in',
  ...Object.entries(variants).map(([scenario, names]) => `      ${scenario}) echo '${names.join(' ')}'; return ;;`),
  '    esac',
  '  done',
  `  echo '${allOf(variants).join(' ')}'`,
  '}',
]
