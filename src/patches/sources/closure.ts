import type { Declaration, ModuleSource } from './module-source.ts'

/** A declaration with all module-private declarations that it uses, and its imports from other modules. */
export type Closure = {
  /** The declaration, then what else of its module it needs, in the order of the file. */
  readonly declarations: readonly Declaration[]
  /** Names that are exported by a module, its own or another. */
  readonly imports: readonly { readonly name: string; readonly isType: boolean }[]
}

/** The declarations that must accompany a declaration in another file, which can import names that `isThere`. */
export function closureOf(module: ModuleSource, first: Declaration, isThere: boolean): Closure {
  const taken = new Map<string, Declaration>([[first.name, first]])
  const imports = new Map<string, boolean>()
  const take = ({ uses }: Declaration) => {
    for (const used of uses) {
      const local = module.declarations.get(used)
      if (local === undefined || (local.isExported && isThere)) {
        const imported = module.imports.find((one) => one.local === used)
        imports.set(imported?.written ?? used, local === undefined ? (imported?.isType ?? false) : isType(local))
      } else if (!taken.has(used)) {
        taken.set(used, local)
        take(local)
      }
    }
  }
  take(first)
  const others = [...taken.values()].filter((one) => one !== first).sort((a, b) => a.line - b.line)
  return {
    declarations: [first, ...others],
    imports: [...imports].map(([imported, isOfType]) => ({ name: imported, isType: isOfType })),
  }
}

const isType = ({ text }: Declaration) => /^(?:type|interface) /m.test(text.replace(/\/\*[\s\S]*?\*\/\s*/g, ''))

/** The text in a file. */
export const textOfClosure = ({ declarations }: Closure): string => declarations.map(({ text }) => text).join('\n\n')
