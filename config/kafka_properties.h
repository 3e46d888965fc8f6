#pragma once

#include <map>
#include <string>

namespace freshet {

/// librdkafka's settings by its names.
using KafkaProperties = std::map<std::string, std::string>;

}  // namespace freshet
