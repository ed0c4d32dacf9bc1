import type { Build } from '../builds/modules.ts'
import type { Patch } from '../protocols/patch.ts'
import type { SystemSpec } from '../workers/system.ts'
import type { PatchCode, SentSystem } from './code.ts'

/**
 * The declaration of a patch, with the functions of one build. Only a file that the user named on the command line
 * becomes a `PatchCode`; no content of a file does.
 */
export async function loadPatch(code: PatchCode, build: Build): Promise<Patch> {
  const module = (await import(code.modules[build])) as { readonly default: Patch }
  return module.default
}

/** The same system, with the functions of its patch if it has one. */
export async function systemOf(sent: SentSystem, build: Build): Promise<SystemSpec> {
  const { variant } = sent
  return { ...sent, variant: typeof variant === 'string' ? variant : await loadPatch(variant, build) }
}
