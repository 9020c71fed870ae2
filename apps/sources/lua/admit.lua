-- May one request go to a source? Pause, breaker and budget are judged, and the budget spent, in one step.
-- token: a new one, or that of the probe under way, which goes on at the source's next host.
-- KEYS: gate, spent.  ARGV: config, weight, lease_ms, token, then amount and period_ms of every window.
-- Returns {word, until_ms, code, message, failures, host, window}; word is go, probe, paused, open or spent.
local gate, spent = KEYS[1], KEYS[2]
local config, weight, lease_ms, token = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local BUCKETS = 10 -- of a window; a bucket counts until all of it is out, so no window ever holds more than its amount
local KEPT_MS = 30 * 86400 * 1000
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function number(text) return tonumber(text or 0) or 0 end

local told = redis.call('HMGET', gate, 'config', 'not_before', 'pause_code', 'pause_message', 'retry_at', 'probe_until',
  'code', 'message', 'failures', 'host', 'host_until', 'probe')
if told[1] ~= config then
  if told[1] then -- the source was configured anew: what was learnt about the old one is void
    redis.call('HDEL', gate, 'not_before', 'pause_code', 'pause_message', 'retry_at', 'probe', 'probe_until', 'failures',
      'streak', 'pause_streak', 'host', 'host_until')
    told = {}
  end
  redis.call('HSET', gate, 'config', config)
  redis.call('PEXPIRE', gate, KEPT_MS)
end

local not_before, retry_at, probe_until = number(told[2]), number(told[5]), number(told[6])
if not_before > now then
  return {'paused', not_before, told[3] or '', told[4] or '', 0, 0, ''}
end
if retry_at > now or (retry_at > 0 and probe_until > now and told[12] ~= token) then
  return {'open', math.max(retry_at, probe_until), told[7] or '', told[8] or '', number(told[9]), 0, ''}
end

local used, oldest = {}, {}
if #ARGV > 4 then
  local counts = redis.call('HGETALL', spent)
  for index = 1, #counts, 2 do
    local period, bucket = string.match(counts[index], '^(%d+):(%d+)$')
    local leaves_at = (bucket + 1) * (period / BUCKETS) + period
    if leaves_at <= now then
      redis.call('HDEL', spent, counts[index])
    else
      used[period] = (used[period] or 0) + tonumber(counts[index + 1])
      oldest[period] = math.min(oldest[period] or leaves_at, leaves_at)
    end
  end
  local longest = 0
  for index = 5, #ARGV, 2 do
    local amount, period = tonumber(ARGV[index]), ARGV[index + 1]
    if (used[period] or 0) + weight > amount then
      return {'spent', math.ceil(oldest[period] or now), '', '', number(told[9]), 0, amount .. ' in ' .. (period / 1000) .. ' s'}
    end
    longest = math.max(longest, tonumber(period))
  end
  local counted = {}
  for index = 6, #ARGV, 2 do
    local period = ARGV[index]
    if not counted[period] then
      counted[period] = true
      redis.call('HINCRBY', spent, period .. ':' .. math.floor(now / (period / BUCKETS)), weight)
    end
  end
  redis.call('PEXPIRE', spent, longest * 2)
end

local host = number(told[11]) > now and number(told[10]) or 0
if retry_at > 0 then
  redis.call('HSET', gate, 'probe', token, 'probe_until', now + lease_ms)
  return {'probe', 0, '', '', number(told[9]), host, ''}
end
return {'go', 0, '', '', number(told[9]), host, ''}
