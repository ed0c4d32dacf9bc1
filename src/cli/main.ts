#!/usr/bin/env node

/** The program in few files, which load faster than its modules. */
await import(new URL('../program/cli-begin.entry.js', import.meta.url).href)
