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

// 2^n, for whole n from -126 to 127.
INLINE vec power_of_two(vec n) { return (vec)((__builtin_convertvector(n, ivec) + 127) << 23); }

// n and r of x = n ln 2 + r, with n whole and |r| <= ln 2 / 2.
INLINE vec whole_powers(vec x, vec *r) {
  const float shift = 12582912.f; // 1.5 * 2^23: adding and taking it away rounds to a whole number
  vec n = (x * 1.44269504088896341f + shift) - shift;
  *r = (x - n * 0.693359375f) - n * -2.12194440e-4f; // ln 2 in two parts, so that n times the first is exact
  return n;
}

// e^r - 1 for |r| <= ln 2 / 2: its series, to r^7.
INLINE vec small_exponential(vec r) {
  vec p = r * 1.98412698e-4f + 1.38888889e-3f;
  p = p * r + 8.33333333e-3f;
  p = p * r + 4.16666667e-2f;
  p = p * r + 1.66666667e-1f;
  p = p * r + 0.5f;
  return p * (r * r) + r;
}

// tanh(x) = d / (d + 2) with d = e^(2 |x|) - 1, and the sign of x; off by less than 2e-7, relatively too. From 10 on it
// is 1.
INLINE vec hyperbolic_tangent(vec x) {
  vec r, n = whole_powers(at_most(magnitude(x) * 2.f, 20.f), &r);
  vec scale = power_of_two(n);
  vec d = scale * small_exponential(r) + (scale - 1.f);
  vec y = d / (d + 2.f);
  return (vec)((ivec)y | ((ivec)x & (int32_t)0x80000000));
}

// e^x for x <= 0; below -87 it stays at e^-87.
INLINE vec exponential(vec x) {
  vec r, n = whole_powers(at_least(x, -87.f), &r);
  vec scale = power_of_two(n);
  return scale * small_exponential(r) + scale;
}

enum { TANH, SIGMOID, RELU, RELU6, HARD_SIGMOID, LINEAR, SIGN, CLIP };

// f(u)
INLINE vec activated(u32 activation, vec u) {
  switch (activation) {
  case TANH: return hyperbolic_tangent(u);
  case SIGMOID: return hyperbolic_tangent(u * 0.5f) * 0.5f + 0.5f;
  case RELU: return at_least(u, 0.f);
  case RELU6: return at_most(at_least(u, 0.f), 6.f);
  case HARD_SIGMOID: return at_most(at_least(u / 6.f + 0.5f, 0.f), 1.f);
  case SIGN: return choose(u > 0.f, broadcast(1.f), choose(u < 0.f, broadcast(-1.f), u * 0.f));
  case CLIP: return at_most(at_least(u, 0.f), 1.f);
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
  case CLIP: return choose((h > 0.f) & (h < 1.f), one, none);
  default: return one;
  }
}

#endif
