#include "app/partition/leased_publisher.h"

namespace freshet {

Status LeasedPublisher::publish(const RankedList& list) {
  if (lease_.valid()) return publisher_.publish(list);
  handlers_.on_list({list.user, list.position, false, list.times, list.forgets});
  return {};
}

Status LeasedPublisher::publish(const DeadLetter& letter) {
  if (lease_.valid()) return publisher_.publish(letter);
  handlers_.on_dead_letter({letter.partition, letter.offset, false, letter.topic});
  return {};
}

}  // namespace freshet
