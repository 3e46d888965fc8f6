#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "config/kafka_properties.h"

namespace freshet {

/// Reads "KEY=VALUE", one a text; the values are as they stand in a configuration: `${NAME}` and
/// `${file:PATH}` are references. Errors: kInvalidConfig with all problems at once: no key, a key
/// twice, a reference that leads nowhere, and a secret that is not a reference
/// (is_secret_property): what is written here stands in a file and in the shell's history. No error
/// shows a secret.
Result<KafkaProperties> read_kafka_properties(const std::vector<std::string>& texts,
                                              const EnvironmentLookup& environment);

/// What the references of checked properties stand for. Errors: kInvalidConfig.
Result<KafkaProperties> resolved(const KafkaProperties& properties,
                                 const EnvironmentLookup& environment);

}  // namespace freshet
