#include "scoring/topk/scan_kernels.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <array>
#include <vector>

#include "scoring/topk/scan_variants.h"
#include "scoring/vector_lanes.h"

namespace freshet {
namespace {

constexpr int kByteCodeMax = 127;

#if defined(__x86_64__)
/// EAX bit 4 of leaf 7.1; g++ 12 does not name it.
bool has_avxvnni() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax >> 4 & 1U) != 0;
}

/// AMX with int8: EDX bits 24 and 25 of leaf 7. Linux gives a process its tile registers when it
/// asks; all its threads have them then.
bool may_use_amx() {
#if defined(__linux__)
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
  if ((edx >> 24 & 1U) == 0 || (edx >> 25 & 1U) == 0) return false;
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // Of asm/prctl.h.
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

const std::array kVariants{ScanKernels{"scalar", kByteCodeMax, false, scan_scalar},
                           ScanKernels{"avx2", 64, true, scan_avx2},
                           ScanKernels{"avxvnni", kByteCodeMax, true, scan_avxvnni},
                           ScanKernels{"avx512vnni", kByteCodeMax, true, scan_avx512vnni},
                           ScanKernels{"amx", kByteCodeMax, true, scan_amx}};

/// Sets of vector_lanes.h imply that the operating system keeps the registers.
std::array<bool, kVariants.size()> supported() {
  const std::size_t sets = supported_instruction_sets();
  const bool avx512vnni = sets >= 3 && __builtin_cpu_supports("avx512vnni");
  return {true, sets >= 2, sets >= 2 && has_avxvnni(), avx512vnni, avx512vnni && may_use_amx()};
}
#else
constexpr std::array kVariants{ScanKernels{"scalar", kByteCodeMax, false, scan_scalar}};
std::array<bool, 1> supported() { return {true}; }
#endif

}  // namespace

std::span<const ScanKernels> supported_scan_kernels() {
  static const std::vector<ScanKernels> kernels = [] {
    std::vector<ScanKernels> found;
    const auto can_run = supported();
    for (std::size_t k = 0; k < kVariants.size(); ++k)
      if (can_run[k]) found.push_back(kVariants[k]);
    return found;
  }();
  return kernels;
}

std::span<const BuiltScanKernels> built_scan_kernels() {
  static const std::vector<BuiltScanKernels> built = [] {
    std::vector<BuiltScanKernels> all;
    const auto can_run = supported();
    for (std::size_t k = 0; k < kVariants.size(); ++k)
      all.push_back({kVariants[k].name, can_run[k]});
    return all;
  }();
  return built;
}

}  // namespace freshet
