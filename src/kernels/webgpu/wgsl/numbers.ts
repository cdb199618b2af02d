/** Whether a number is none, by its bits: comparisons may be optimised on the assumption that there is none. */
export const isNan = `
fn isNan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}
`;
