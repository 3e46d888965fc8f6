#pragma once

#include "scoring/topk/scan_kernels.h"

// One file per instruction set, each compiled with its own flags; scan_kernels.cc picks.
namespace freshet {

std::size_t scan_scalar(const ScanTile& tile, const ScanQueries& queries, ScanHit* hits);
#if defined(__x86_64__)
std::size_t scan_avx2(const ScanTile& tile, const ScanQueries& queries, ScanHit* hits);
std::size_t scan_avxvnni(const ScanTile& tile, const ScanQueries& queries, ScanHit* hits);
std::size_t scan_avx512vnni(const ScanTile& tile, const ScanQueries& queries, ScanHit* hits);
/// The thread's tile registers are free afterwards.
std::size_t scan_amx(const ScanTile& tile, const ScanQueries& queries, ScanHit* hits);
#endif

}  // namespace freshet
