// What the shortest text of a float32 is by definition: exact integers, every length tried. Slow and plain.

/** No float32 has bits below 2^-149. */
const FLOAT_SCALE = 2n ** 149n;

/** Parts of a unit in the last digit; nearer to a tie either neighbour will do. */
const UNIT_PARTS = 2 ** 20;

const word = new DataView(new ArrayBuffer(4));

export function float32FromBits(bits: number): number {
  word.setUint32(0, bits);
  return word.getFloat32(0);
}

/** The nearest decimals of the fewest digits that read back as this positive float32: one, or two equally near. */
export function shortestByDefinition(float: number): number[] {
  for (let digits = 1; digits <= 9; digits++) {
    const [, exponent = "0"] = float.toExponential(digits - 1).split("e");
    const found = neighboursThatReadBack(float, Number(exponent) - (digits - 1));
    if (found.length > 0) return found;
  }
  throw new Error(`no nine digits tell ${float} from its neighbours`);
}

/** The multiples of 10^power next to a float32, if they read back as it; the farther one only if it is as near. */
function neighboursThatReadBack(float: number, power: number): number[] {
  const unit = 10n ** BigInt(Math.abs(power));
  const numerator = BigInt(float * 2 ** 149) * (power < 0 ? unit : 1n);
  const denominator = FLOAT_SCALE * (power < 0 ? 1n : unit);
  const below = numerator / denominator;
  const rest = Number(((numerator % denominator) * BigInt(UNIT_PARTS)) / denominator) / UNIT_PARTS;
  const sound = [below, below + 1n]
    .map((n) => Number(`${n}e${power}`))
    .filter((decimal) => Math.fround(decimal) === float);
  const isTie = Math.abs(rest - 0.5) <= 1 / UNIT_PARTS;
  if (sound.length < 2 || isTie) return sound;
  return rest < 0.5 ? sound.slice(0, 1) : sound.slice(1);
}
