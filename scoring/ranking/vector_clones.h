#pragma once

#include <cstddef>
#include <cstring>

/// Compiles a function once per instruction set and picks at load time, so that one binary runs
/// everywhere and fast. Off under sanitizers, whose runtime is not up yet when the pick is made.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define FRESHET_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FRESHET_VECTOR_CLONES
#endif

namespace freshet {

/// Sixteen floats that the compiler keeps in registers (left to itself it unrolls such short loops
/// into scalars). Lowered to whatever the instruction set has.
using FloatBlock = float __attribute__((vector_size(64)));
inline constexpr std::size_t kFloatBlock = 16;

inline __attribute__((always_inline)) void load_block(FloatBlock& block, const float* from) {
  std::memcpy(&block, from, sizeof(FloatBlock));
}

inline __attribute__((always_inline)) void store_block(float* to, const FloatBlock& block) {
  std::memcpy(to, &block, sizeof(FloatBlock));
}

}  // namespace freshet
