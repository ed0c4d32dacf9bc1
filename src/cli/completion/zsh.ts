import type { Flag } from '../flag-table.ts'
import { allOf, isVariant, type Offered, quoted, type Variants, type Whole } from './offered.ts'

/** In the brackets of a description of zsh. */
const described = (text: string) => quoted(text.replaceAll(/[[\]:\\]/g, (character) => `\\${character}`))

export const zsh = ({ commands, variants }: Offered): string =>
  [
    '#compdef faultline',
    ...variantsOfLine(variants),
    '_faultline() {',
    '  local -a commands',
    '  commands=(',
    ...commands.map(({ name, summary }) => `    '${name}:${described(summary)}'`),
    '  )',
    '  if (( CURRENT == 2 )); then',
    "    _describe 'command' commands",
    '    return',
    '  fi',
    '  case "$words[2]" in',
    ...commands.map(argumentsCase),
    '  esac',
    '}',
    '# A file of $fpath is the function itself when it is first called.',
    'if [ "$funcstack[1]" = _faultline ]; then _faultline "$@"; else compdef _faultline faultline; fi',
  ].join('\n')

function argumentsCase({ name, flags, first }: Whole): string {
  const own = first.length === 0 ? '' : `'2:what:(${first.join(' ')})' `
  return `    ${name}) _arguments ${flags.flatMap(specs).join(' ')} ${own}'*:file:_files' ;;`
}

/** With `=` the value may also follow in the same word, with `+` too, as in -sprecheck. */
const specs = (flag: Flag): string[] =>
  [
    `--${flag.name}${flag.isSwitch ? '' : '='}`,
    ...flag.aliases.map((alias) => `-${alias}${flag.isSwitch ? '' : '+'}`),
  ].map((word) => `'${flag.isList ? '*' : ''}${word}[${described(flag.says)}]${actionOf(flag)}'`)

function actionOf(flag: Flag): string {
  if (flag.isSwitch) return ''
  if (isVariant(flag)) return `:${flag.name}:_faultline_variants`
  if (flag.choices.length === 0) return `:${flag.name}:_files`
  return `:${flag.name}:{ _values -s , ${flag.name} ${flag.choices.join(' ')} || _files }`
}

/** The variants of the scenario that the line names, else all; or a file, since a patch is a variant too. */
const variantsOfLine = (variants: Variants): string[] => [
  '_faultline_variants() {',
  '  local each',
  `  local -a names=(${allOf(variants).join(' ')})`,
  '  for each in $words; do',
  '    case "$each" in',
  ...Object.entries(variants).map(
    ([scenario, names]) => `      ${scenario}|*=${scenario}) names=(${names.join(' ')}) ;;`,
  ),
  '    esac',
  '  done',
  '  _values -s , variant $names || _files',
  '}',
]
