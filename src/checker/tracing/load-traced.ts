import { register } from 'node:module'
import { pathToFileURL } from 'node:url'

let isRegistered = false
let instances = 0

/** Loads a module of the user's, traced, and each time as if for the first time. */
export async function loadTraced(file: string | URL): Promise<Readonly<Record<string, unknown>>> {
  if (!isRegistered) register(new URL('hooks.js', import.meta.url), { data: { all: false } })
  isRegistered = true
  instances += 1
  const url = typeof file === 'string' && !file.startsWith('file:') ? pathToFileURL(file) : new URL(file)
  url.searchParams.set('faultline-traced', `${instances}`)
  return import(url.href)
}
