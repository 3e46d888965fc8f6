#pragma once

#include <functional>
#include <string>
#include <utility>

#include "config/result.h"
#include "sinks/http_exchange.h"

namespace freshet {

inline HttpResponse json_answer(std::string body) { return {.body = std::move(body)}; }

/// Returns the problem that tells of `failure`; the status goes by its code.
HttpResponse problem_of(const Error& failure);

/// Returns an Answer<T> that responds with what `encode` makes of the value.
template <class T, class Encode>
std::function<void(Result<T>)> answer_with(Respond respond, Encode encode) {
  return [respond = std::move(respond), encode = std::move(encode)](Result<T> value) {
    respond(value ? json_answer(encode(*value)) : problem_of(value.error()));
  };
}

}  // namespace freshet
