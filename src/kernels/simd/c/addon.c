// The kernels as a Node-API addon: `open(bytes)` takes the arena's bytes, picks the widest form of the kernels that this
// processor runs, and returns { variant, lanes, slots, run(operation, argument), serve(me, patience) }. The arena must
// outlive them. `open(bytes, variant)` takes that form, or throws.
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdint.h>
#include <string.h>

#define POOL 1024 // where the arena keeps what threads share (arena.ts)

typedef struct {
  const char *name;
  napi_callback run, serve;
  uint32_t (*lanes)(void);
  uint32_t (*slots)(void);
  int (*runs_here)(void);
} variant;

// The two numbers of a call, and the arena that its function belongs to. Returns 0 when it has thrown.
static uintptr_t arguments(napi_env env, napi_callback_info info, uint32_t *a, uint32_t *b) {
  napi_value given[2];
  size_t count = 2;
  void *arena = 0;
  if (napi_get_cb_info(env, info, &count, given, 0, &arena) == napi_ok && count == 2 &&
      napi_get_value_uint32(env, given[0], a) == napi_ok && napi_get_value_uint32(env, given[1], b) == napi_ok)
    return (uintptr_t)arena;
  napi_throw_error(env, 0, "two numbers are needed");
  return 0;
}

#define DECLARE(name)                                                                                                  \
  void eddy_run_##name(uintptr_t, uint32_t, uint32_t, uint32_t);                                                       \
  void eddy_serve_##name(uintptr_t, uint32_t, uint32_t, uint32_t);                                                     \
  uint32_t eddy_lanes_##name(void);                                                                                    \
  uint32_t eddy_slots_##name(void);                                                                                    \
  static napi_value run_##name(napi_env env, napi_callback_info info) {                                                \
    uint32_t operation, argument;                                                                                      \
    uintptr_t arena = arguments(env, info, &operation, &argument);                                                     \
    if (arena) eddy_run_##name(arena, POOL, operation, argument);                                                      \
    return 0;                                                                                                          \
  }                                                                                                                    \
  static napi_value serve_##name(napi_env env, napi_callback_info info) {                                              \
    uint32_t me, patience;                                                                                             \
    uintptr_t arena = arguments(env, info, &me, &patience);                                                            \
    if (arena) eddy_serve_##name(arena, POOL, me, patience);                                                           \
    return 0;                                                                                                          \
  }
#define VARIANT_OF(name, runs_here) {#name, run_##name, serve_##name, eddy_lanes_##name, eddy_slots_##name, runs_here}

#if defined(__x86_64__)
#include <cpuid.h>
DECLARE(avx512)
DECLARE(avx2)
DECLARE(sse42)

// Which registers the operating system saves.
static uint64_t saved_registers(void) {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
  __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
  return (uint64_t)d << 32 | a;
}

// The compiler was told x86-64-v2 (build-kernels.mjs), and v3 and v4 below.
static int has_sse42(void) {
  uint32_t a, b, c, d;
  return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSSE3) && (c & bit_SSE4_1) && (c & bit_SSE4_2) && (c & bit_POPCNT);
}

static int has_avx2(void) {
  uint32_t a, b, c, d, features;
  if (!has_sse42() || (saved_registers() & 6) != 6 || !__get_cpuid(1, &a, &b, &features, &d)) return 0;
  if (!(features & bit_FMA) || !(features & bit_F16C) || !(features & bit_MOVBE)) return 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  if (!(b & bit_AVX2) || !(b & bit_BMI) || !(b & bit_BMI2)) return 0;
  return __get_cpuid(0x80000001, &a, &b, &c, &d) && (c & bit_LZCNT);
}

static int has_avx512(void) {
  uint32_t a, b, c, d;
  if (!has_avx2() || (saved_registers() & 0xe6) != 0xe6 || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  return (b & bit_AVX512F) && (b & bit_AVX512BW) && (b & bit_AVX512CD) && (b & bit_AVX512DQ) && (b & bit_AVX512VL);
}

static const variant variants[] = {VARIANT_OF(avx512, has_avx512), VARIANT_OF(avx2, has_avx2), VARIANT_OF(sse42, has_sse42)};
#else
DECLARE(neon)
static int always(void) { return 1; }
static const variant variants[] = {VARIANT_OF(neon, always)};
#endif
#define VARIANTS (sizeof(variants) / sizeof(*variants))

static napi_value refuse(napi_env env, const char *message) {
  napi_throw_error(env, 0, message);
  return 0;
}

static const variant *choose(const char *wanted) {
  for (size_t k = 0; k < VARIANTS; k++)
    if ((!*wanted || !strcmp(wanted, variants[k].name)) && variants[k].runs_here()) return variants + k;
  return 0;
}

static napi_value open_arena(napi_env env, napi_callback_info info) {
  napi_value given[2], result, value;
  size_t count = 2, length = 0;
  void *bytes = 0;
  char wanted[16] = "";
  napi_typedarray_type type;
  if (napi_get_cb_info(env, info, &count, given, 0, 0) != napi_ok || count < 1 ||
      napi_get_typedarray_info(env, given[0], &type, &length, &bytes, 0, 0) != napi_ok || !bytes)
    return refuse(env, "the arena's bytes are needed, as a Uint8Array");
  if (count > 1 && napi_get_value_string_utf8(env, given[1], wanted, sizeof wanted, 0) != napi_ok) wanted[0] = 0;
  const variant *chosen = choose(wanted);
  if (!chosen) return refuse(env, "no such form of the kernels, or this processor does not run it");
  napi_create_object(env, &result);
  napi_create_string_utf8(env, chosen->name, NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, result, "variant", value);
  napi_create_uint32(env, chosen->lanes(), &value);
  napi_set_named_property(env, result, "lanes", value);
  napi_get_boolean(env, chosen->slots(), &value);
  napi_set_named_property(env, result, "slots", value);
  napi_create_function(env, "run", NAPI_AUTO_LENGTH, chosen->run, bytes, &value);
  napi_set_named_property(env, result, "run", value);
  napi_create_function(env, "serve", NAPI_AUTO_LENGTH, chosen->serve, bytes, &value);
  napi_set_named_property(env, result, "serve", value);
  return result;
}

NAPI_MODULE_INIT() {
  napi_value value;
  napi_create_function(env, "open", NAPI_AUTO_LENGTH, open_arena, 0, &value);
  napi_set_named_property(env, exports, "open", value);
  return exports;
}
