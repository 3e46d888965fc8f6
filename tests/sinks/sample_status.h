#pragma once

#include "sinks/status_figures.h"

namespace freshet {

/// Made-up figures, `second` seconds after the start of a small shop's pipeline.
StatusFigures sample_status(int second);

}  // namespace freshet
