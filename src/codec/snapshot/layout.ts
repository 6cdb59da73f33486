// The sizes and limits of the binary snapshot; FORMAT.md tells what they are for. Sizes in bytes.

/** In a hex dump `01 00 5b cc`. */
export const MAGIC = 0xcc5b0001;

export const UINT16_BYTES = 2;
export const UINT32_BYTES = 4;
export const INT64_BYTES = 8;
export const VALUE_BYTES = 4;

/** The length of a name is a uint16. */
export const MAX_NAME_BYTES = 0xffff;

/** Magic, from, to. */
export const HEADER_BYTES = UINT32_BYTES + 2 * INT64_BYTES;

/** The two counts of a level; what an empty level takes. */
export const LEVEL_BYTES = 2 * UINT32_BYTES;

/** What a metric takes besides its name and its values: length of the name, frequency, start, number of values. */
export const METRIC_BYTES = UINT16_BYTES + 2 * INT64_BYTES + UINT32_BYTES;

/** What a child takes besides its name and the content of its level. */
export const CHILD_BYTES = UINT16_BYTES + LEVEL_BYTES;
