// Sixteen float32 lanes, and the functions of one number that all processors compute alike: only additions,
// multiplications, divisions, square roots and comparisons, each rounded once, in a fixed order. Compile with
// -ffp-contract=off. The compiler lowers sixteen lanes to four registers of WebAssembly, SSE or NEON, two of AVX2 or
// one of AVX-512.
#ifndef EDDY_LANES_H
#define EDDY_LANES_H

#include <stdint.h>

typedef uint32_t u32;
typedef uint64_t u64;
typedef uint16_t u16;
typedef uint8_t u8;
typedef float vec __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t ivec __attribute__((vector_size(64), aligned(4), may_alias));

#define LANES 16
#define INLINE static inline __attribute__((always_inline))

// Widest batch tile whose accumulators stay in registers, in vectors; columns of a dense product at once, and rows of
// weights that learn at once.
#if defined(__AVX512F__)
#define TILE_VECTORS 4
#define DENSE_COLUMNS 6
#define LEARN_ROWS 6
#elif defined(__AVX2__) || defined(__aarch64__)
#define TILE_VECTORS 2
#define DENSE_COLUMNS 3
#define LEARN_ROWS 3
#else
#define TILE_VECTORS 1
#define DENSE_COLUMNS 3
#define LEARN_ROWS 3
#endif

INLINE vec load(const float *from) { return *(const vec *)from; }
INLINE void store(float *to, vec x) { *(vec *)to = x; }
INLINE vec broadcast(float x) { return (vec){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }

// mask ? a : b, lane by lane; a mask is all ones or zero.
INLINE vec choose(ivec mask, vec a, vec b) { return (vec)((mask & (ivec)a) | (~mask & (ivec)b)); }
INLINE vec at_most(vec x, float limit) { return choose(x > broadcast(limit), broadcast(limit), x); }
INLINE vec at_least(vec x, float limit) { return choose(x < broadcast(limit), broadcast(limit), x); }
INLINE vec magnitude(vec x) { return (vec)((ivec)x & 0x7fffffff); }

INLINE vec square_root(vec x) {
#if defined(__clang__)
  return __builtin_elementwise_sqrt(x);
#else
  for (int i = 0; i < LANES; i++) x[i] = __builtin_sqrtf(x[i]);
  return x;
#endif
}

// tanh(x) = x P(x^2) / Q(x^2) with |x| held at 8: a minimax fit of degrees 4 and 4, off by at most 3.2e-7.
INLINE vec hyperbolic_tangent(vec x) {
  vec c = at_least(at_most(x, 8.f), -8.f);
  vec s = c * c;
  vec p = s * 1.50625130146409e-08f + 2.1773781554657035e-05f;
  p = p * s + 0.003564189886674285f;
  p = p * s + 0.1343822032213211f;
  p = p * s + 0.9999999403953552f;
  vec q = s * 8.453957889287267e-07f + 0.0003399233683012426f;
  q = q * s + 0.026136144995689392f;
  q = q * s + 0.46771541237831116f;
  q = q * s + 1.f;
  vec y = (p * c) / q;
  return at_least(at_most(y, 1.f), -1.f);
}

// e^x for x <= 0: 2^n times the series of e^r to r^7, with x = n ln 2 + r; below -87 it stays at e^-87.
INLINE vec exponential(vec x) {
  const float shift = 12582912.f; // 1.5 * 2^23: adding and taking it away rounds to a whole number
  vec c = at_least(x, -87.f);
  vec n = (c * 1.44269504088896341f + shift) - shift;
  vec r = (c - n * 0.693359375f) - n * -2.12194440e-4f;
  vec p = r * 1.98412698e-4f + 1.38888889e-3f;
  p = p * r + 8.33333333e-3f;
  p = p * r + 4.16666667e-2f;
  p = p * r + 1.66666667e-1f;
  p = p * r + 0.5f;
  p = p * r + 1.f;
  p = p * r + 1.f;
  ivec power = (__builtin_convertvector(n, ivec) + 127) << 23;
  return p * (vec)power;
}

enum { TANH, SIGMOID, RELU, RELU6, HARD_SIGMOID, LINEAR, SIGN };

// f(u)
INLINE vec activated(u32 activation, vec u) {
  switch (activation) {
  case TANH: return hyperbolic_tangent(u);
  case SIGMOID: return hyperbolic_tangent(u * 0.5f) * 0.5f + 0.5f;
  case RELU: return at_least(u, 0.f);
  case RELU6: return at_most(at_least(u, 0.f), 6.f);
  case HARD_SIGMOID: return at_most(at_least(u / 6.f + 0.5f, 0.f), 1.f);
  case SIGN: return choose(u > 0.f, broadcast(1.f), choose(u < 0.f, broadcast(-1.f), u * 0.f));
  default: return u;
  }
}

// f' by the state h = f(u); at a kink it is 0.
INLINE vec slope(u32 activation, vec h) {
  vec none = broadcast(0.f), one = broadcast(1.f);
  switch (activation) {
  case TANH: return 1.f - h * h;
  case SIGMOID: return h * (1.f - h);
  case RELU: return choose(h > 0.f, one, none);
  case RELU6: return choose((h > 0.f) & (h < 6.f), one, none);
  case HARD_SIGMOID: return choose((h > 0.f) & (h < 1.f), one / 6.f, none);
  case SIGN: return none;
  default: return one;
  }
}

#endif
