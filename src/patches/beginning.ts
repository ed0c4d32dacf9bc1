import { FaultlineError } from '../errors/faultline-error.ts'
import { nearestText } from '../errors/nearest.ts'
import { kernelHint } from '../errors/older-version.ts'
import { VARIANTS } from '../protocols/catalogue.ts'
import type { Kernel, Subject } from '../protocols/kernel.ts'
import { VERSIONS } from '../protocols/kernels.ts'
import { versionOf } from '../protocols/on-kernel.ts'
import type { Beginning } from './skeleton.ts'

/** The initial text of a patch, made from a variant or a kernel, with further functions on request. */
export function beginningOf(name: string, file: string, from: string, wanted: readonly string[]): Beginning {
  const variant = VARIANTS.find((one) => one.name === from)
  const version = VERSIONS.find((one) => one.name === from)
  if (variant === undefined && version === undefined) throw unknownFrom(from)
  const table = (variant ?? version)!
  const base = version ?? versionOf(variant!)
  const functions = Object.fromEntries([
    ...Object.entries(table.kvm).filter(([entry, value]) => value !== base.kvm[entry as keyof typeof base.kvm]),
    ...wanted.map((entry) => [entry, entryOf(table, entry)]),
  ])
  return {
    name: /^[\w.][\w.-]*$/.test(name) && !isOurs(name) ? name : `my-${name.replace(/[^\w.-]+/g, '-')}`,
    file,
    kernel: { exported: base.name.toUpperCase().replaceAll('.', '_'), name: base.name, kvm: base.kvm },
    from,
    says: version === undefined ? variant!.says : `${from}, changed`,
    subject:
      version === undefined && variant!.subject !== 'mixed' ? variant!.subject : subjectOf(Object.keys(functions)),
    functions,
  }
}

/** Functions that none of our variants replaces, by the question whose load and check reach them. */
const REACHED: readonly (readonly [RegExp, Subject])[] = [
  [/^(?:stage2|arm64|userMemAbort)/, 'icache'],
  [/^mmuSlot|dirtyLog|logDirty|wrprot/i, 'dirty-log'],
  [/attributes|gmem/i, 'attributes'],
  [/NxHugePage|RemovedPt|loadsRoot|FreeSp$/, 'nx-recovery'],
  [/PfnCache|^gpc|^flushShadow/, 'elision'],
]

/** The question whose scenario and check run these functions: that of a variant which replaces one. */
function subjectOf(entries: readonly string[]): Subject {
  const subjects = entries.map(
    (entry) =>
      VARIANTS.find(({ replaces, subject }) => subject !== 'mixed' && Object.hasOwn(replaces, entry))?.subject ??
      REACHED.find(([name]) => name.test(entry))?.[1] ??
      'precheck',
  )
  return subjects.find((one) => one !== 'precheck') ?? 'precheck'
}

const isOurs = (name: string) => [...VARIANTS, ...VERSIONS].some((one) => one.name === name)

function entryOf({ name, kvm }: Kernel, entry: string): unknown {
  const known = Object.entries(kvm).find(([own]) => own === entry)
  if (known !== undefined) return known[1]
  throw new FaultlineError('UNKNOWN_NAME', 'usage', `${name} has no function '${entry}'`, {
    hint: nearestText(entry, Object.keys(kvm)),
  })
}

function unknownFrom(from: string): FaultlineError {
  const names = [...VERSIONS, ...VARIANTS].map(({ name }) => name)
  return new FaultlineError('UNKNOWN_NAME', 'usage', `--from is '${from}', which is neither a variant nor a kernel`, {
    hint: kernelHint(
      from,
      names,
      VERSIONS.map((one) => one.name),
    ),
  })
}
