-- Asks for the lists of the users whose names stand in the file $FRESHET_USERS, in a random order.
local users = {}
for user in io.lines(os.getenv("FRESHET_USERS")) do users[#users + 1] = user end
request = function()
  return wrk.format("GET", "/v1/users/" .. users[math.random(#users)] .. "/recommendations?count=20")
end
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("%8.0f requests/s  p50 %6.2f ms  p90 %6.2f ms  p99 %6.2f ms  max %6.1f ms  failed %d\n",
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(90) / 1000,
    latency:percentile(99) / 1000, latency.max / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
