#pragma once

#include <boost/align/aligned_allocator.hpp>
#include <vector>

namespace freshet {

/// Floats that begin at a cache line, so that a vector load never crosses two.
using AlignedFloats = std::vector<float, boost::alignment::aligned_allocator<float, 64>>;

}  // namespace freshet
