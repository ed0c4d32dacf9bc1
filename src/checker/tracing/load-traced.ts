import { register } from 'node:module'
import { pathToFileURL } from 'node:url'
import { noteExports } from './made-in-module.ts'

/** A path or a file URL. */
export type ModuleName = string | { readonly href: string }

let isRegistered = false
let instances = 0

/** Loads a module of the user's, traced, and each time as if for the first time. */
export async function loadTraced(file: ModuleName): Promise<Readonly<Record<string, unknown>>> {
  if (!isRegistered) register(new URL('hooks.js', import.meta.url), { data: { all: false } })
  isRegistered = true
  instances += 1
  const name = typeof file === 'string' ? file : file.href
  const url = name.startsWith('file:') ? new URL(name) : pathToFileURL(name)
  url.searchParams.set('faultline-traced', `${instances}`)
  const module = (await import(url.href)) as Readonly<Record<string, unknown>>
  noteExports(module)
  return module
}
