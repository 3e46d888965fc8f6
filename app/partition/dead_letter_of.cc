#include "app/partition/dead_letter_of.h"

#include <utility>

namespace freshet {

DeadLetter dead_letter_of(const Record& record, const std::string& topic, BadRecord why,
                          std::size_t bytes_max) {
  DeadLetter letter;
  letter.topic = topic;
  letter.partition = record.partition;
  letter.offset = record.offset;
  letter.why = std::move(why);
  letter.key = record.key;
  letter.value = record.value.value_or("").substr(0, bytes_max);
  return letter;
}

}  // namespace freshet
