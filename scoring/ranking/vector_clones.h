#pragma once

/// Compiles a function once per instruction set and picks at load time, so that one binary runs
/// everywhere and fast. Off under sanitizers, whose runtime is not up yet when the pick is made.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define FRESHET_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FRESHET_VECTOR_CLONES
#endif
