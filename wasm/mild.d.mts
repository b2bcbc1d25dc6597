/** Numbers in the units of the log, raw readings, or codes. */
export type Features = readonly number[] | Float32Array | Float64Array | Int16Array | Int8Array;

export interface Decision {
  /** Whom to ask; 0 is the device itself. */
  expert: number;
  /** By how many score units the choice exceeds the second best. */
  margin: number;
}

export const REACHABLE_ALL: number;
export const REACHABLE_LOCAL_ONLY: number;

export class MildError extends Error {
  readonly status: number;
}

export function load(bytes: BufferSource): Promise<Mild>;

export class Mild {
  open(bytes: ArrayBuffer | Uint8Array): Rejector;
}

export class Rejector {
  readonly inputs: number;
  readonly experts: number;
  readonly names: readonly string[];
  readonly inputNames: readonly string[];
  readonly classNames: readonly string[];
  readonly prices: readonly number[];
  readonly takesRaw: boolean;
  readonly checksum: number;
  decide(features: Features, reachable?: number): Decision;
  decideWithPrices(features: Features, prices: readonly number[], reachable?: number): Decision;
  scores(features: Features): Int32Array;
  quantize(features: Features): Int8Array;
}
