/** Signals that end the program, with the exit code that a shell gives for each. */
export const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const
export type SignalName = keyof typeof SIGNALS

/** The default message of a command about what it kept. */
export const KEEPS_NOTHING = 'Nothing was kept.'

export const interruptedText = (signal: string, keeps: string): string =>
  `faultline: interrupted by ${signal}. ${keeps}\n`
