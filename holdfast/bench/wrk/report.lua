-- What every script shares: the one line of JSON at the end, the address of random goods, and the buyer's think time.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

-- `errors.status` counts answers beyond 399. What a script counts by itself stands in globals of its thread.
function done(summary, latency)
  local thread = threads[1]
  io.write(string.format(
    '{"answers":%d,"microseconds":%d,"refused":%d,"broken":%d,"late":%d,"p50_us":%d,"p99_us":%d,"finished":%d,"dry":%s}\n',
    summary.requests, summary.duration, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write, summary.errors.timeout,
    latency:percentile(50), latency:percentile(99), thread:get("finished") or 0, tostring(thread:get("dry") or false)))
end

function sku(number)
  return string.format("B%06d", number)
end

-- Exponential gaps between the requests of a connection, in milliseconds of the mean; 0: none.
function think(mean)
  if mean > 0 then
    function delay()
      return math.floor(0.5 - mean * math.log(1 - math.random()))
    end
  end
end
